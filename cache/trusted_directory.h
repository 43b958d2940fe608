// Directories in which nobody but this user and root can add, rename or remove.
//
// Promises: what is returned is the directory itself, no symbolic link to one, owned by this user
// or root and not writable by group or others. Whoever works relative to the descriptor stays in
// it, whatever becomes of its path. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <cstdint>
#include <string>

namespace gemmsmith {

enum class WhenAbsent : std::uint8_t {
  kCreate, // with its parents, all of them 0700
  kAccept, // the descriptor is empty (-1)
};

// kFailed with the reason and what to do when the directory is refused or cannot be had.
Expected<FileDescriptor> openTrustedDirectory(const std::string &path, WhenAbsent when_absent);

// The same of a directory within another, which is created; -1 when that fails.
FileDescriptor openTrustedSubdirectory(int parent, const char *name);

} // namespace gemmsmith
