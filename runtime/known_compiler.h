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
#include <vector>

namespace gemmsmith::runtime {

class KnownCompiler {
public:
  // `given` are 32 hexadecimal digits, or empty; `program` is the installed `gemmsmith`, or empty;
  // `directory` the store's, or -1, and must stay open.
  KnownCompiler(std::string given, std::string program, int directory)
      : is_given_(!given.empty()), program_(std::move(program)), directory_(directory),
        compiler_(std::move(given)) {}

  // What the installed compiler's objects are named after.
  std::optional<std::string> certain();

  // Whose objects there may be besides: the compilers that worked with the store, the last one
  // first. Objects older than those of an installed compiler may be among theirs: for where that
  // cannot make new ones.
  std::vector<std::string> likely();

  // The compile service says that it is this one; no news where it was given.
  void learn(const std::string &compiler);

private:
  const bool is_given_;
  const std::string program_;
  const int directory_;
  std::mutex mutex_;     // not held while files are read
  std::string compiler_; // empty: not known yet
  std::optional<std::vector<std::string>> likely_;
};

} // namespace gemmsmith::runtime
