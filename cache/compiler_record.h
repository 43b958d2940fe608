// Which compiler an installation of Gemmsmith compiles with, as it was found out once.
//
// A key names the compiler (cache_key.h), and to ask the compiler who it is means to start it: a
// tenth of a second, against the tenth of a millisecond that an entry takes. So whoever has asked
// leaves the answer in the store, with the files that it depends on.
//
//   record       := "gemmsmith-compiler-1\n" "compiler " HEX{32} "\n" file*
//   file         := "file " BYTES " " NANOSECONDS " " PATH "\n"       size and date of change
//   its name     := HASH ".compiler" in the store's directory; HASH is that of `installation`
//   installation := path, size and date of the `gemmsmith` program, and the variables that choose
//                   its compilers
//
// Promises: a record that isCurrent() is what the compiler would say now, as far as sizes and dates
// of its files tell; those of a new version differ. Reading takes any bytes. Several installations,
// also those of machines that share a directory, do not overwrite each other's unless they agree in
// all of that. Losing a record costs the tenth of a second. Does not: notice that LD_LIBRARY_PATH
// leads to another LLVM. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/hash128.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct StampedFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0; // since the epoch

  bool operator==(const StampedFile &) const = default;
};

struct CompilerRecord {
  std::string compiler; // compilerIdentity(), 32 hexadecimal digits
  std::vector<StampedFile> files;

  // Whether its files are still those that they were. One without files never is.
  bool isCurrent() const;

  bool operator==(const CompilerRecord &) const = default;
};

// Stamps the files as they are now. kFailed when one of them cannot be seen or its path has a line
// feed: there is no record then.
Expected<CompilerRecord> makeCompilerRecord(std::string compiler,
                                            const std::vector<std::string> &files);

// Of the program `gemmsmith` at `program` (without symbolic links in what is hashed) in this
// environment.
Hash128 installationHash(const std::string &program);

std::string encodeCompilerRecord(const CompilerRecord &record);
std::optional<CompilerRecord> decodeCompilerRecord(std::string_view text);

// In the store's directory `directory`; nothing when there is none, or none that can be trusted.
std::optional<CompilerRecord> readCompilerRecord(int directory, const Hash128 &installation);

// The compilers whose code objects may be in the directory, each once: those of records, the one
// written last first, then those that only entries name. For where no compiler can be asked.
std::vector<std::string> compilersOf(int directory);

Expected<void> writeCompilerRecord(int directory, const Hash128 &installation,
                                   const CompilerRecord &record);

} // namespace gemmsmith
