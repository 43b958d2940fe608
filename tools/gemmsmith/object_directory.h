// The output directory of `gemmsmith build`: code objects, and a record of what made them.
//
//   DIR/NAME.co         one code object per kernel
//   DIR/manifest.json   there exactly when the last build ran to its end
//   DIR/build.journal   only while a build runs or after it was interrupted
//   journal := "generator " FINGERPRINT "\n" (NAME " " HASH "\n")*      HASH = XXH3-128 of NAME.co
//
// Promises: a NAME.co is whole or not there. An object is reused only if it is byte for byte the
// one that this generator made under this name, as manifest or journal record, and still reads as a
// code object of that kernel; so an interrupted build goes on where it stopped, and a changed
// generator, a damaged or a foreign file means a new compile. One build at a time, where the file
// system can lock: a second one is refused. The lock goes with the process.
#pragma once

#include "configs/error.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/object_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

// An object that lies in the directory.
struct StoredObject {
  std::string hash; // XXH3-128 of its bytes, 32 hexadecimal digits
  std::uint64_t bytes = 0;
  KernelResources resources;
};

class ObjectDirectory {
public:
  // Creates the directory where it does not exist, locks it, and reads its records.
  static Expected<ObjectDirectory> open(std::filesystem::path path, std::string target,
                                        std::string generator);
  ~ObjectDirectory();
  ObjectDirectory(ObjectDirectory &&other) noexcept;
  ObjectDirectory &operator=(ObjectDirectory &&) = delete;

  // The object of `kernel`, if it can be reused.
  std::optional<StoredObject> find(const std::string &kernel) const;

  // The bytes of an object that find() or store() returned.
  Expected<std::vector<std::byte>> read(const std::string &kernel) const;

  // Before the first store(): from here on the manifest is gone and the journal keeps the records
  // of what is reused.
  Expected<void> begin(const std::map<std::string, StoredObject> &reused);

  // Checks that `bytes` are a code object of `kernel` and puts them into the directory.
  Expected<StoredObject> store(const std::string &kernel, std::span<const std::byte> bytes);

  // Ends the build: the manifest takes the place of the journal. Its "generator" and
  // "objects"/NAME/"xxh3" are the records that the next build reads.
  Expected<void> finish(const OrderedJson &manifest);

private:
  ObjectDirectory(std::filesystem::path path, std::string target, std::string generator);
  std::filesystem::path objectPath(const std::string &kernel) const;
  void readManifest();
  void readJournal();
  void removeLeftovers();

  std::filesystem::path path_;
  std::string target_;
  std::string generator_;
  std::map<std::string, std::string> records_; // kernel -> hash, made by this generator
  int lock_fd_ = -1;
  int journal_fd_ = -1;
};

} // namespace gemmsmith
