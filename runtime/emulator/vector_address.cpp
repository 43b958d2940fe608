#include "runtime/emulator/vector_address.h"

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lds.h"
#include "runtime/emulator/private_memory.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// The allocation of [address, address + bytes), checked for bounds and, for reads, initialisation.
const Allocation *resolve(Wave &w, const Instruction &i, u64 address, u32 bytes, int lane,
                          bool reads) {
  const Allocation *a = w.last_allocation;
  if (!a || address < a->start() || address > a->end() || a->end() - address < bytes) [[unlikely]] {
    const LaunchContext &context = w.workgroup().context();
    a = context.memory->find(address, bytes);
    if (!a) {
      if (context.checks.has(Check::kBounds))
        w.fault(i,
                fmt::format("{} {} bytes at {:#x}, outside every allocation: {}",
                            reads ? "reads" : "writes", bytes, address,
                            context.memory->describe(address)),
                lane);
      return nullptr;
    }
    w.last_allocation = a;
  }
  if (reads && !a->written(address, bytes)) [[unlikely]] {
    const LaunchContext &context = w.workgroup().context();
    if (context.checks.has(Check::kUninitialized))
      w.fault(i,
              fmt::format("reads {} bytes at {:#x} that nobody has written: {}", bytes, address,
                          context.memory->describe(address)),
              lane);
  }
  return a;
}

} // namespace

LaneAddresses flatAddresses(Wave &w, const Instruction &i) {
  LaneAddresses a;
  a.in_range.fill(~u64{0});
  auto inst = static_cast<u64>(i.offset);
  if (i.format == Format::kScratch) {
    a.space = AddressSpace::kScratch;
    u32 base = static_cast<u32>(inst);
    if (i.scalar_base != kNoOperand)
      base += w.scalar32(i, i.scalar_base);
    const u32 *v = i.lds ? w.readVgpr(i, i.address, w.exec) : nullptr; // SVE (CDNA4 ISA table 56)
    for (int l = 0; l < kLanes; ++l)
      a.address[l] = static_cast<u32>(base + (v ? v[l] : 0));
    return a;
  }
  a.space = i.format == Format::kFlat ? AddressSpace::kFlat : AddressSpace::kGlobal;
  const u32 *low = w.readVgpr(i, i.address, w.exec);
  if (i.scalar_base != kNoOperand) {
    u64 base = w.scalar64(i, i.scalar_base) + inst;
    for (int l = 0; l < kLanes; ++l)
      a.address[l] = base + low[l];
    return a;
  }
  const u32 *high = w.readVgpr(i, static_cast<std::uint16_t>(i.address + 1), w.exec);
  for (int l = 0; l < kLanes; ++l)
    a.address[l] = (low[l] | u64{high[l]} << 32) + inst;
  return a;
}

void loadLane(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, int bytes,
              u32 *data) {
  u64 at = a.address[lane];
  if (a.space == AddressSpace::kFlat && at >> 32 == kSharedAperture >> 32)
    return readLds(w, i, static_cast<u32>(at), bytes, lane, data);
  if (a.space == AddressSpace::kScratch ||
      (a.space == AddressSpace::kFlat && at >> 32 == kPrivateAperture >> 32))
    return readPrivate(w, i, static_cast<u32>(at), bytes, lane, data);
  u64 range = a.in_range[lane];
  if (range < static_cast<u64>(bytes)) [[unlikely]] {
    // Dwords are range-checked one by one, narrower elements by their first byte.
    bytes = bytes < 4 ? (range ? bytes : 0) : static_cast<int>((range + 3) / 4 * 4);
    if (bytes == 0)
      return;
  }
  if (const Allocation *m = resolve(w, i, at, static_cast<u32>(bytes), lane, true))
    std::memcpy(data, m->host(at), static_cast<std::size_t>(bytes));
}

void storeLane(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, int bytes,
               const u32 *data) {
  u64 at = a.address[lane];
  if (a.space == AddressSpace::kFlat && at >> 32 == kSharedAperture >> 32)
    return writeLds(w, i, static_cast<u32>(at), bytes, lane, data);
  if (a.space == AddressSpace::kScratch ||
      (a.space == AddressSpace::kFlat && at >> 32 == kPrivateAperture >> 32))
    return writePrivate(w, i, static_cast<u32>(at), bytes, lane, data);
  u64 range = a.in_range[lane];
  if (range < static_cast<u64>(bytes)) [[unlikely]] {
    bytes = bytes < 4 ? (range ? bytes : 0) : static_cast<int>((range + 3) / 4 * 4);
    if (bytes == 0)
      return;
  }
  if (const Allocation *m = resolve(w, i, at, static_cast<u32>(bytes), lane, false)) {
    std::memcpy(m->host(at), data, static_cast<std::size_t>(bytes));
    m->markWritten(at, static_cast<u32>(bytes));
  }
}

std::byte *atomicTarget(Wave &w, const Instruction &i, const LaneAddresses &a, int lane,
                        int bytes) {
  if (a.in_range[lane] < static_cast<u64>(bytes)) // all or nothing (9.1.5.1 note 3)
    return nullptr;
  u64 at = a.address[lane];
  if (at % static_cast<u64>(bytes))
    w.fault(i, fmt::format("the atomic's address {:#x} is not a multiple of {}", at, bytes), lane);
  const Allocation *m = resolve(w, i, at, static_cast<u32>(bytes), lane, true);
  if (!m)
    return nullptr;
  m->markWritten(at, static_cast<u32>(bytes));
  return m->host(at);
}

} // namespace gemmsmith::emulator
