#include "runtime/emulator/private_memory.h"

#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Where the lane's bytes are in the wave's vectors.
std::size_t place(const Wave &w, u32 offset, int lane) {
  return static_cast<std::size_t>(lane) * w.scratch_bytes + offset;
}

bool inBounds(Wave &w, const Instruction &i, u32 offset, int bytes, int lane, const char *verb) {
  if (u64{offset} + static_cast<u64>(bytes) <= w.scratch_bytes) [[likely]]
    return true;
  if (w.workgroup().context().checks.has(Check::kBounds))
    w.report(i, Check::kBounds,
             fmt::format("{} {} private bytes at {:#x}, but a work-item has {}", verb, bytes,
                         offset, w.scratch_bytes),
             lane);
  return false;
}

constexpr std::uint8_t kUndefined = 2; // a state of Wave::scratch_written

} // namespace

void readPrivate(Wave &w, const Instruction &i, u32 offset, int bytes, int lane, u32 *data) {
  if (!inBounds(w, i, offset, bytes, lane, "reads"))
    return;
  std::size_t at = place(w, offset, lane);
  auto state = w.scratch_written.begin() + static_cast<std::ptrdiff_t>(at);
  if (auto bad = std::find(state, state + bytes, std::uint8_t{0}); bad != state + bytes)
      [[unlikely]]
    if (w.workgroup().context().checks.has(Check::kUninitialized))
      w.report(i, Check::kUninitialized,
               fmt::format("reads {} private bytes at {:#x}, of which byte {:#x} was never written",
                           bytes, offset, offset + (bad - state)),
               lane);
  std::memcpy(data, w.scratch.data() + at, static_cast<std::size_t>(bytes));
}

void writePrivate(Wave &w, const Instruction &i, u32 offset, int bytes, int lane, const u32 *data) {
  if (!inBounds(w, i, offset, bytes, lane, "writes"))
    return;
  std::size_t at = place(w, offset, lane);
  std::memcpy(w.scratch.data() + at, data, static_cast<std::size_t>(bytes));
  std::memset(w.scratch_written.data() + at, 1, static_cast<std::size_t>(bytes));
}

bool privateUndefined(const Wave &w, u32 offset, int lane) {
  if (u64{offset} + 4 > w.scratch_bytes)
    return false;
  const std::uint8_t *state = w.scratch_written.data() + place(w, offset, lane);
  return state[0] == kUndefined || std::all_of(state, state + 4, [](auto s) { return s == 0; });
}

void markPrivateUndefined(Wave &w, u32 offset, int lane) {
  if (u64{offset} + 4 <= w.scratch_bytes)
    std::memset(w.scratch_written.data() + place(w, offset, lane), kUndefined, 4);
}

void checkPrivateAtomic(Wave &w, const Instruction &i, u32 offset, int bytes, int lane) {
  // The two dwords of 64 bits lie apart in the interleaved memory, so hardware's 64-bit atomics
  // do not work there (LLVM expands them for that reason: AtomicExpand, noalias.addrspace).
  if (bytes == 8)
    w.fault(i, "a 64-bit flat atomic does not work on private memory", lane);
  if (offset % 4)
    w.fault(i, fmt::format("the atomic's private address {:#x} is not a multiple of 4", offset),
            lane);
}

} // namespace gemmsmith::emulator
