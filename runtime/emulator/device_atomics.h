// Atomics on the host bytes of device memory.
//
// Atomic across host threads, and sequentially consistent there: what a workgroup stored before its
// atomic is seen by a workgroup whose later atomic read it.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/workgroup.h"

#include <atomic>
#include <bit>
#include <cstddef>
#include <type_traits>

namespace gemmsmith::emulator {

// Replaces the value at `target` by update(value) for `group` and returns what was there. One that
// changes nothing, a lock that is not free, say, is no progress.
template <typename T, typename Update>
T updateDevice(Workgroup &group, std::byte *target, Update &&update) {
  using Bits = std::conditional_t<sizeof(T) == 8, u64, u32>;
  std::atomic_ref<Bits> memory(*reinterpret_cast<Bits *>(target));
  Bits old = memory.load(), result;
  do {
    result = std::bit_cast<Bits>(update(std::bit_cast<T>(old)));
  } while (!memory.compare_exchange_weak(old, result));
  if (result != old)
    group.stored();
  return std::bit_cast<T>(old);
}

} // namespace gemmsmith::emulator
