// Files that nobody but this user and root can have written.
//
// Promises: what is returned is a regular file itself, no symbolic link to one, owned by this user
// or root and not writable by group or others; opening never blocks, on a pipe neither. The file is
// read whole into memory and never mapped: another process that cuts it short makes it damaged, not
// a SIGBUS. Thread-safe.
#pragma once

#include "cache/miss.h"
#include "configs/file_descriptor.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace gemmsmith {

struct TrustedFile {
  FileDescriptor fd;
  std::uint64_t bytes = 0;
  timespec modified = {};
};

// Who else can change what `status` describes, as a clause: "it is owned by user 12, not by this
// user or root"; empty when nobody can.
std::string distrust(const struct stat &status);

// `name` in the directory `directory`, or a path with AT_FDCWD.
Found<TrustedFile> openTrustedFile(int directory, const std::string &name);

// All of it, if it has `most` bytes or fewer.
Found<std::vector<std::byte>> readWhole(const TrustedFile &file, const std::string &name,
                                        std::uint64_t most);

// `size` bytes from `offset`: fewer are an error that says so.
Found<std::vector<std::byte>> readAt(const TrustedFile &file, const std::string &name,
                                     std::uint64_t offset, std::uint64_t size);

} // namespace gemmsmith
