// Whose code objects the library takes from the store and from remote stores.
//
// A key names the compiler, so that a new version never runs into the old one's objects. Which
// compiler that is, the library learns without starting one: it is told (GEMMSMITH_COMPILER), or
// the compile service has said it to this process, or the record of the installed compiler in the
// store says it and is still true (cache/compiler_record.h).
//
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace gemmsmith::runtime {

class KnownCompiler {
public:
  // `given` are 32 hexadecimal digits, or empty; `program` is the installed `gemmsmith`, or empty;
  // `directory` the store's, or -1, and must stay open.
  KnownCompiler(std::string given, std::string program, int directory)
      : is_given_(!given.empty()), compiler_(std::move(given)), program_(std::move(program)),
        directory_(directory) {}

  // What the installed compiler's objects are named after.
  std::optional<std::string> certain();

  // Where no compiler can be asked, the one that filled the store last. Older objects than an
  // installed compiler would make may be meant: ask only when that cannot be had.
  std::optional<std::string> likely();

  // The compile service says that it is this one; no news where it was given.
  void learn(const std::string &compiler);

private:
  const bool is_given_;
  std::mutex mutex_;
  std::string compiler_; // empty: not known yet
  std::string program_;
  int directory_;
};

} // namespace gemmsmith::runtime
