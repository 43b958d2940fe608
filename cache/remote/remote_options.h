// Remote stores as GEMMSMITH_REMOTE names them:
//
//   remotes   := remote, separated by white space; asked in this order
//   remote    := url ("|" attribute)*      url as in remote_url.h
//   attribute := "write"                   what is compiled is put there too; else it is only read
//              | "connect-timeout=" time   to reach it; else 2s: lost packets come again after 1s
//              | "timeout=" time           for one request, with connecting; else 10s
//              | "token-file=" path        http, https: a file that holds a bearer token
//              | "ca-file=" path           https: PEM certificates to trust instead of the system's
//              | "password-file=" path     redis, redis+unix: a file that holds the password
//   time      := number ("ms" | "s")       1ms to 1h
//
// Promises: no error holds a user, a password or the value of an attribute that is not known. Where
// there is an '@' anywhere, errors show nothing of the text: white space and '|' that are not
// encoded cut a password into pieces that look like anything. Thread-safe.
#pragma once

#include "cache/remote/remote_url.h"
#include "configs/error.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct RemoteOptions {
  RemoteUrl url;
  bool write = false;
  std::string token_file;
  std::string ca_file;
  std::string password_file;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{10000};
};

// kUsage, naming GEMMSMITH_REMOTE and what is wrong in it.
Expected<std::vector<RemoteOptions>> parseRemotes(std::string_view text);

} // namespace gemmsmith
