// Scalar memory: loads from constants and kernel arguments (CDNA4 ISA chapter 8, 12.6).
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/wave.h"
#include "runtime/emulator/workgroup.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

void issue(Wave &w, const Instruction &i, int dwords) {
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kSgprLoad;
  p.first_register = i.dst;
  p.registers = static_cast<std::uint16_t>(dwords);
  p.lanes = 1;
  w.issueLgkm(p);
}

// Reads `dwords` at `address`; those at or beyond `limit` bytes from it read as zero.
void load(Wave &w, const Instruction &i, std::uint64_t address, int dwords, std::uint64_t limit) {
  const LaunchContext &context = w.workgroup().context();
  if (i.dst + dwords > 102 && i.dst < 102)
    w.fault(i, "loads past s101");
  if ((dwords == 2 && i.dst % 2) || (dwords > 2 && i.dst % 4))
    w.fault(i, "the destination is not aligned as CDNA4 ISA 8.4 demands");
  for (int d = 0; d < dwords; ++d) {
    auto code = static_cast<std::uint16_t>(i.dst + d);
    std::uint64_t at = address + static_cast<std::uint64_t>(d) * 4;
    std::uint32_t value = 0, defined = ~0u;
    if (static_cast<std::uint64_t>(d) * 4 + 4 <= limit) {
      const Allocation *a = context.memory->find(at, 4);
      if (a) {
        std::memcpy(&value, a->host(at), 4);
        // Wide loads may run over padding: an unwritten dword is an undefined SGPR, not yet a
        // fault.
        if (context.checks.has(Check::kUninitialized) && !a->written(at, 4))
          defined = 0;
      } else if (context.checks.has(Check::kBounds)) {
        w.fault(i, fmt::format("reads {:#x}: {}", at, context.memory->describe(at)));
      }
    }
    w.setScalar32(i, code, value, defined);
  }
  issue(w, i, dwords);
}

std::uint64_t offset(Wave &w, const Instruction &i) {
  std::uint64_t result = static_cast<std::uint64_t>(i.offset);
  if (i.scalar_offset != kNoOperand)
    result += w.scalar32(i, i.scalar_offset);
  return result;
}

template <int dwords> void loadDwords(Wave &w, const Instruction &i) {
  // The two low bits of every component are ignored (CDNA4 ISA 8.2.1).
  std::uint64_t address = (w.scalar64(i, i.scalar_base) + offset(w, i)) & ~std::uint64_t{3};
  load(w, i, address & 0xffffffffffff, dwords, ~std::uint64_t{0});
}

template <int dwords> void bufferLoadDwords(Wave &w, const Instruction &i) {
  std::uint64_t base = w.scalar64(i, i.scalar_base);
  std::uint64_t records = w.scalar32(i, static_cast<std::uint16_t>(i.scalar_base + 2));
  std::uint64_t stride = base >> 48 & 0x3fff;
  std::uint64_t size = stride ? stride * records : records;
  std::uint64_t at = offset(w, i) & ~std::uint64_t{3};
  load(w, i, ((base & 0xffffffffffff) & ~std::uint64_t{3}) + at, dwords, at < size ? size - at : 0);
}

// A clock that advances with the wave: enough for code that only measures.
void memtime(Wave &w, const Instruction &i) {
  w.setScalar64(i, i.dst, w.executed);
  issue(w, i, 2);
}

void nothing(Wave &, const Instruction &) {}

const Semantics kTable[] = {
    {"s_load_dword", loadDwords<1>},
    {"s_load_dwordx2", loadDwords<2>},
    {"s_load_dwordx4", loadDwords<4>},
    {"s_load_dwordx8", loadDwords<8>},
    {"s_load_dwordx16", loadDwords<16>},
    {"s_buffer_load_dword", bufferLoadDwords<1>},
    {"s_buffer_load_dwordx2", bufferLoadDwords<2>},
    {"s_buffer_load_dwordx4", bufferLoadDwords<4>},
    {"s_buffer_load_dwordx8", bufferLoadDwords<8>},
    {"s_buffer_load_dwordx16", bufferLoadDwords<16>},
    {"s_memtime", memtime},
    {"s_memrealtime", memtime},
    {"s_dcache_inv", nothing},
    {"s_dcache_wb", nothing},
    {"s_dcache_inv_vol", nothing},
    {"s_dcache_wb_vol", nothing},
};

} // namespace

std::span<const Semantics> scalarLoadSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
