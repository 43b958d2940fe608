// Errors as values: what went wrong, in a sentence that a user can act on, and where.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace gemmsmith {

enum class ErrorKind {
  kUsage,    // the command line or the call is wrong
  kInput,    // a file or a text that was given cannot be read as what it should be
  kIllegal,  // a configuration or a problem that no kernel can serve
  kFailed,   // the work itself failed: a compile, a write, a launch
  kInternal, // our own bug
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string where; // "file.csv:14", a kernel name, or empty

  // "where: message", or just the message.
  std::string str() const { return where.empty() ? message : where + ": " + message; }
};

template <typename T> using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> makeError(ErrorKind kind, std::string message,
                                       std::string where = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(where)});
}

} // namespace gemmsmith
