// What a remote cache of Bazel's keeps, and how strict those are that check what they take: names
// in /cas are the SHA-256 of contents, what is in /ac is an ActionResult, and its outputs are
// there.
#pragma once

#include "cache/remote/http/action_result.h"
#include "cache/remote/http/sha256.h"
#include "tests/cache/remote/scripted_server.h"

#include <map>
#include <mutex>
#include <string>

namespace gemmsmith {

class BazelCache {
public:
  ScriptedServer::Handler handler() {
    return [this](const httplib::Request &request, httplib::Response &response) {
      const std::lock_guard lock(mutex_);
      if (request.method == "GET")
        get(request.path, response);
      else if (request.method == "PUT")
        response.status = put(request.path, request.body);
      else
        response.status = 405;
    };
  }

  std::map<std::string, std::string> files_; // by path

private:
  static std::string sha256Of(const std::string &bytes) {
    return sha256Hex(std::as_bytes(std::span(bytes))).value();
  }
  bool hasOutput(const std::string &result) const {
    const auto output = readActionResult(std::as_bytes(std::span(result)));
    if (!output)
      return false;
    const auto content = files_.find("/cas/" + output->sha256);
    return content != files_.end() && content->second.size() == output->bytes;
  }

  void get(const std::string &path, httplib::Response &response) const {
    const auto file = files_.find(path);
    if (file == files_.end() || (path.starts_with("/ac/") && !hasOutput(file->second)))
      response.status = 404;
    else
      response.set_content(file->second, "application/octet-stream");
  }
  int put(const std::string &path, const std::string &body) {
    const bool valid =
        path.starts_with("/ac/") ? hasOutput(body) : path == "/cas/" + sha256Of(body);
    if (valid)
      files_[path] = body;
    return valid ? 200 : 400;
  }

  std::mutex mutex_;
};

} // namespace gemmsmith
