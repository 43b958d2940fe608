// Scalar loads and stores, cache control and clocks (CDNA4 ISA chapter 8, 12.6).
//
// A store takes effect at once, so writing the scalar cache back has nothing left to do.
// S_DCACHE_DISCARD is not emulated: whether a line was written back before it is discarded is not
// defined.
#include "runtime/emulator/scalar_address.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/workgroup.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

using Addressing = ScalarAddress (*)(Wave &, const Instruction &);

// Dwords beyond a buffer's end read as zero.
template <Addressing where, int dwords> void load(Wave &w, const Instruction &i) {
  const LaunchContext &context = w.workgroup().context();
  ScalarAddress a = where(w, i);
  for (int d = 0; d < dwords; ++d) {
    u64 at = a.address + static_cast<u64>(d) * 4;
    u32 value = 0, defined = ~0u;
    if (static_cast<u64>(d) * 4 + 4 <= a.limit) {
      const Allocation *memory = context.memory->find(at, 4);
      if (memory) {
        std::memcpy(&value, memory->host(at), 4);
        checkFresh(w, i, *memory, at, 4, -1, false);
        // Wide loads may run over padding: an unwritten dword is an undefined SGPR, not yet a
        // fault.
        if (context.checks.has(Check::kUninitialized) && !memory->written(at, 4))
          defined = 0;
      } else if (context.checks.has(Check::kBounds)) {
        w.report(i, Check::kBounds,
                 fmt::format("reads {:#x}: {}", at, context.memory->describe(at)));
      }
    }
    w.setScalar32(i, static_cast<u16>(i.dst + d), value, defined);
  }
  pendScalar(w, i, dwords);
}

// Dwords beyond a buffer's end are not written.
template <Addressing where, int dwords> void store(Wave &w, const Instruction &i) {
  u32 data[dwords];
  for (int d = 0; d < dwords; ++d)
    data[d] = w.scalar32(i, static_cast<u16>(i.dst + d));
  ScalarAddress a = where(w, i);
  a.limit &= ~u64{3};
  if (a.limit)
    storeLane(w, i, asLaneZero(a), 0, dwords * 4, data);
  pendScalar(w, i, 0);
}

// Clocks that advance with the wave: enough for code that only measures. A wave that waits for one
// does not spin, whatever its registers say.
void clock(Wave &w, const Instruction &i) {
  w.spin.reset();
  w.setScalar64(i, i.dst, w.executed);
  pendScalar(w, i, 2);
}

void nothing(Wave &, const Instruction &) {}

// A hint about an address that the wave is going to use.
template <Addressing where> void probe(Wave &w, const Instruction &i) {
  where(w, i);
}

const Semantics kTable[] = {
    {"s_load_dword", load<scalarAddress, 1>},
    {"s_load_dwordx2", load<scalarAddress, 2>},
    {"s_load_dwordx4", load<scalarAddress, 4>},
    {"s_load_dwordx8", load<scalarAddress, 8>},
    {"s_load_dwordx16", load<scalarAddress, 16>},
    {"s_buffer_load_dword", load<scalarBufferAddress, 1>},
    {"s_buffer_load_dwordx2", load<scalarBufferAddress, 2>},
    {"s_buffer_load_dwordx4", load<scalarBufferAddress, 4>},
    {"s_buffer_load_dwordx8", load<scalarBufferAddress, 8>},
    {"s_buffer_load_dwordx16", load<scalarBufferAddress, 16>},
    {"s_scratch_load_dword", load<scalarScratchAddress, 1>},
    {"s_scratch_load_dwordx2", load<scalarScratchAddress, 2>},
    {"s_scratch_load_dwordx4", load<scalarScratchAddress, 4>},
    {"s_store_dword", store<scalarAddress, 1>},
    {"s_store_dwordx2", store<scalarAddress, 2>},
    {"s_store_dwordx4", store<scalarAddress, 4>},
    {"s_buffer_store_dword", store<scalarBufferAddress, 1>},
    {"s_buffer_store_dwordx2", store<scalarBufferAddress, 2>},
    {"s_buffer_store_dwordx4", store<scalarBufferAddress, 4>},
    {"s_scratch_store_dword", store<scalarScratchAddress, 1>},
    {"s_scratch_store_dwordx2", store<scalarScratchAddress, 2>},
    {"s_scratch_store_dwordx4", store<scalarScratchAddress, 4>},
    {"s_memtime", clock},
    {"s_memrealtime", clock},
    {"s_dcache_inv", nothing},
    {"s_dcache_wb", nothing},
    {"s_dcache_inv_vol", nothing},
    {"s_dcache_wb_vol", nothing},
    {"s_atc_probe", probe<scalarAddress>},
    {"s_atc_probe_buffer", probe<scalarBufferAddress>},
};

} // namespace

std::span<const Semantics> scalarLoadSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
