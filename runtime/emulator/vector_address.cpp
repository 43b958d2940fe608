#include "runtime/emulator/vector_address.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lds.h"
#include "runtime/emulator/private_memory.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// How loads and stores say that they go past the L2 (LLVM's guide, "Memory Model gfx942": sc1 is
// the agent's scope, sc0 with sc1 the system's).
bool pastL2(const Instruction &i) {
  return i.sc1;
}

// The allocation of [address, address + bytes), if the access lies within one.
const Allocation *locate(Wave &w, const Instruction &i, u64 address, u32 bytes, int lane,
                         const char *verb) {
  const Allocation *a = w.last_allocation;
  if (a && address >= a->start() && address <= a->end() && a->end() - address >= bytes) [[likely]]
    return a;
  const LaunchContext &context = w.workgroup().context();
  a = context.memory->find(address, bytes);
  if (a)
    w.last_allocation = a;
  else if (context.checks.has(Check::kBounds))
    w.report(i, Check::kBounds,
             fmt::format("{} {} bytes at {:#x}, outside every allocation: {}", verb, bytes, address,
                         context.memory->describe(address)),
             lane);
  return a;
}

void reportStale(Wave &w, const Instruction &i, u64 address, Stamp stamp, Staleness staleness,
                 int lane) {
  const LaunchContext &context = w.workgroup().context();
  std::string by;
  // A launch of another module at the same time may have stored it.
  if (context.code.size() <= 1u << 18 && stamp.instruction() < context.code.size())
    by = fmt::format(" at {:+#x} `{}`", w.offsetOf(context.code[stamp.instruction()]),
                     text(context.code[stamp.instruction()]));
  w.report(i, Check::kStaleReads,
           fmt::format("reads {:#x} on XCD {}, which XCD {} stored{}, and {}: {}", address,
                       w.workgroup().xcd(), xcdOf(stamp.workgroup()), by,
                       staleness == Staleness::kNotReleased
                           ? "which that XCD has not released since (buffer_wbl2 sc1, s_waitcnt)"
                           : "which this XCD has not acquired since (buffer_inv sc1)",
                       context.memory->describe(address)),
           lane);
}

// What a read finds: bytes that nobody wrote, or that another XCD may still hold.
void checkRead(Wave &w, const Instruction &i, const Allocation &a, u64 address, u32 bytes, int lane,
               bool past_l2) {
  const LaunchContext &context = w.workgroup().context();
  if (!a.written(address, bytes)) [[unlikely]]
    if (context.checks.has(Check::kUninitialized))
      w.report(i, Check::kUninitialized,
               fmt::format("reads {} bytes at {:#x} that nobody has written: {}", bytes, address,
                           context.memory->describe(address)),
               lane);
  checkFresh(w, i, a, address, bytes, lane, past_l2);
}

void markStored(Wave &w, const Instruction &i, const Allocation &a, u64 address, u32 bytes,
                bool past_l2) {
  a.markWritten(address, bytes);
  if (const Coherence *coherence = w.workgroup().context().coherence)
    a.stamp(address, bytes, coherence->time(), w.workgroup().id(), i.address_dwords, past_l2);
}

} // namespace

void checkFresh(Wave &w, const Instruction &i, const Allocation &a, u64 address, u32 bytes,
                int lane, bool past_l2) {
  const Coherence *coherence = w.workgroup().context().coherence;
  if (!coherence || a.newestStamp() < coherence->launchTime()) [[likely]]
    return;
  u64 end = address + bytes;
  for (u64 at = address; at < end; at = at / 4 * 4 + 4) {
    Stamp stamp = a.stampAt(at);
    if (stamp.time() < coherence->launchTime())
      continue;
    u32 last = static_cast<u32>(std::min<u64>(end - at / 4 * 4, 4));
    u32 mask = ((1u << last) - 1) & ~((1u << at % 4) - 1);
    if (!(stamp.bytes() & mask))
      continue;
    Staleness staleness = coherence->judge(stamp, w.workgroup().xcd(), past_l2);
    if (staleness != Staleness::kFresh)
      return reportStale(w, i, at, stamp, staleness, lane);
  }
}

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
  auto size = static_cast<u32>(bytes);
  if (const Allocation *m = locate(w, i, at, size, lane, "reads")) {
    checkRead(w, i, *m, at, size, lane, pastL2(i));
    std::memcpy(data, m->host(at), size);
  }
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
  auto size = static_cast<u32>(bytes);
  if (const Allocation *m = locate(w, i, at, size, lane, "writes")) {
    std::memcpy(m->host(at), data, size);
    markStored(w, i, *m, at, size, pastL2(i));
    w.workgroup().stored();
  }
}

std::byte *atomicTarget(Wave &w, const Instruction &i, const LaneAddresses &a, int lane,
                        int bytes) {
  if (a.in_range[lane] < static_cast<u64>(bytes)) // all or nothing (9.1.5.1 note 3)
    return nullptr;
  u64 at = a.address[lane];
  if (at % static_cast<u64>(bytes))
    w.fault(i, fmt::format("the atomic's address {:#x} is not a multiple of {}", at, bytes), lane);
  auto size = static_cast<u32>(bytes);
  const Allocation *m = locate(w, i, at, size, lane, "updates");
  if (!m)
    return nullptr;
  // Performed where all XCDs see it.
  checkRead(w, i, *m, at, size, lane, true);
  markStored(w, i, *m, at, size, true);
  return m->host(at);
}

} // namespace gemmsmith::emulator
