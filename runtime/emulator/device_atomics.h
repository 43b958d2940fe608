// Atomics on the host bytes of device memory.
//
// Atomic across host threads, and sequentially consistent there: what a workgroup stored before its
// atomic is seen by a workgroup whose later atomic read it.
#pragma once

#include "runtime/emulator/integers.h"

#include <atomic>
#include <bit>
#include <cstddef>
#include <type_traits>

namespace gemmsmith::emulator {

// Replaces the value at `target` by update(value) and returns what was there.
template <typename T, typename Update> T updateDevice(std::byte *target, Update &&update) {
  using Bits = std::conditional_t<sizeof(T) == 8, u64, u32>;
  std::atomic_ref<Bits> memory(*reinterpret_cast<Bits *>(target));
  Bits old = memory.load();
  while (!memory.compare_exchange_weak(old, std::bit_cast<Bits>(update(std::bit_cast<T>(old))))) {
  }
  return std::bit_cast<T>(old);
}

} // namespace gemmsmith::emulator
