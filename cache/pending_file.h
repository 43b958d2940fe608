// Writing a file of the store so that its name never stands for less than all of it.
//
//   HASH.pending-RANDOM   created anew, locked, written, flushed to the disk
//   the name              renamed in the same directory: atomic on local and network file systems
//
// Flushed before it is renamed: a full disk of a file server may only show then, and after a crash
// of the machine a name without its bytes would cost a look at it. What flushing takes is little
// beside the compile before it. The rename is not flushed: losing it loses a file that can be made
// again, no more.
//
// Promises: at any moment, and whatever kills the writer, the final name is absent, old, or new and
// whole. What a killed writer leaves is found by sweepPendingFile(). Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/hash128.h"

#include <cstddef>
#include <span>
#include <string>

namespace gemmsmith {

// Readable by all whom the directory lets in, writable by the owner. On any failure, a full or a
// read-only disk included, the file is as it was and nothing is left behind; the error (kFailed)
// does not name the directory.
Expected<void> writeStoreFile(int directory, const Hash128 &hash, const std::string &name,
                              std::span<const std::byte> bytes);

// Removes the pending file `name` if its writer is gone, and says whether it did. The writer holds
// a lock on it, which goes with the process on whichever machine that runs; where the file system
// has no locks, a file that nobody has written to for an hour counts as left behind.
bool sweepPendingFile(int directory, const std::string &name);

} // namespace gemmsmith
