// Who makes the entry of a key, so that others who want it too need not.
//
//   holder  creates HASH.lock, flock()s it, compiles, puts, removes the file, closes it
//   waiter  flock()s the same file; once it has the lock it looks into the store again
//
// Promises: of all processes that ask for a key's lock, one at a time has it, on whichever machine
// it runs, where the file system locks across them. The lock goes with its process, however that
// ends, and waiting ends when patience does. Does not: matter for correctness. Whoever gets no
// lock, for whatever reason, compiles for itself, and put() takes both results. Thread-safe.
#pragma once

#include "configs/file_descriptor.h"
#include "configs/hash128.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

namespace gemmsmith {

class KeyLock {
public:
  enum class Refusal : std::uint8_t {
    kTaken,      // another has it now
    kImpossible, // `directory` cannot hold locks: it is read-only or none (-1), or its file system
                 // has no locks
  };
  static tl::expected<KeyLock, Refusal> tryAcquire(int directory, const Hash128 &key);

  // Nothing when another holds it for longer than `patience`, and at once when that is impossible.
  static std::optional<KeyLock> acquire(int directory, const Hash128 &key,
                                        std::chrono::milliseconds patience);
  ~KeyLock(); // gives it up
  KeyLock(KeyLock &&) noexcept = default;
  KeyLock &operator=(KeyLock &&) = delete;

private:
  KeyLock(int directory, std::string name, FileDescriptor fd);

  int directory_;
  std::string name_;
  FileDescriptor fd_;
};

} // namespace gemmsmith
