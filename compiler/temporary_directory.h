// A directory for the temporary files of one process that may die at any moment.
//
// Promises: nobody else may enter it (0700); it goes, with all that is in it, with this object. One
// whose owner was killed is removed by a later create() of the same user. Does not: remove what a
// living process owns, in whichever PID namespace it lives: the owner holds a lock on the
// directory.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <filesystem>

namespace gemmsmith {

class TemporaryDirectory {
public:
  // Creates one in $TMPDIR, or in /tmp. The error says which directory cannot be used.
  static Expected<TemporaryDirectory> create();
  ~TemporaryDirectory() { remove(); }
  TemporaryDirectory(TemporaryDirectory &&other) noexcept;
  TemporaryDirectory &operator=(TemporaryDirectory &&other) noexcept;

  const std::filesystem::path &path() const { return path_; }
  void remove();

private:
  TemporaryDirectory(std::filesystem::path path, FileDescriptor lock);

  std::filesystem::path path_; // empty once removed
  FileDescriptor lock_;        // of the directory itself, locked while it is in use
};

} // namespace gemmsmith
