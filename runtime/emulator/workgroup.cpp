#include "runtime/emulator/workgroup.h"

#include "runtime/emulator/fault.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// A 16-byte access at the last byte of LDS, and the states' 8-byte comparisons, stay inside.
constexpr std::size_t kLdsPadding = 64;

int wavesOf(const Dim3 &block) {
  return static_cast<int>((std::uint64_t{block.x} * block.y * block.z + kLanes - 1) / kLanes);
}

// VGPR indexing (CDNA4 ISA 6.6): M0[7:0] is added to the VGPR operands that M0[15:12] selects.
void executeIndexed(Wave &wave, const Instruction &i) {
  bool vector = i.format == Format::kVop1 || i.format == Format::kVop2 ||
                i.format == Format::kVopc || i.format == Format::kVop3;
  if (!vector)
    return i.execute(wave, i);
  Instruction moved = i;
  std::uint32_t m0 = wave.scalar32(i, kM0);
  auto shift = [&](std::uint16_t &code, int bit) {
    if (code >= kVgpr && code < kAgpr && (m0 >> (12 + bit) & 1))
      code = static_cast<std::uint16_t>(code + (m0 & 0xff));
    if (code >= kAgpr && code != kNoOperand)
      wave.fault(i, "an indexed register lies past v255");
  };
  for (int s = 0; s < 3; ++s)
    if (moved.src[s] < kAgpr)
      shift(moved.src[s], s);
  if (moved.dst < kAgpr)
    shift(moved.dst, 3);
  moved.execute(wave, moved);
}

} // namespace

Workgroup::Workgroup(const LaunchContext &context)
    : context_(context), lds_(context.lds_bytes + kLdsPadding),
      lds_state_(context.lds_bytes + kLdsPadding) {
  int waves = wavesOf(context.block);
  waves_.reserve(static_cast<std::size_t>(waves));
  for (int index = 0; index < waves; ++index)
    waves_.emplace_back(*this, index);
}

void Workgroup::run(std::uint64_t id, std::uint64_t place) {
  place_ = place;
  position_ = {static_cast<std::uint32_t>(id % context_.grid.x),
               static_cast<std::uint32_t>(id / context_.grid.x % context_.grid.y),
               static_cast<std::uint32_t>(id / context_.grid.x / context_.grid.y)};
  std::fill(lds_.begin(), lds_.end(), std::uint8_t{0xcd});
  std::fill(lds_state_.begin(), lds_state_.end(),
            context_.checks.has(Check::kUninitialized) ? kLdsUnwritten : kLdsWritten);
  for (Wave &wave : waves_)
    initializeWave(wave, context_, position_);
  for (;;) {
    for (Wave &wave : waves_)
      if (wave.status == WaveStatus::kRunning)
        runWave(wave);
    // Every wave has ended or waits: those that wait go on together.
    bool waiting = false;
    for (Wave &wave : waves_)
      if (wave.status == WaveStatus::kAtBarrier) {
        wave.status = WaveStatus::kRunning;
        waiting = true;
      }
    if (!waiting)
      break;
  }
  for (Wave &wave : waves_) {
    executed_ += wave.executed;
    mfma_flops_ += wave.mfma_flops;
  }
}

void Workgroup::runWave(Wave &wave) {
  const Instruction *code = context_.code.data();
  std::size_t size = context_.code.size();
  std::uint64_t limit = context_.instruction_limit ? context_.instruction_limit : ~std::uint64_t{0};
  const HazardInfo *hazards = context_.hazards.empty() ? nullptr : context_.hazards.data();
  while (wave.status == WaveStatus::kRunning) {
    if (wave.pc >= size)
      wave.fault(code[size - 1], "runs past the end of the code");
    const Instruction &i = code[wave.pc];
    wave.pc += i.dwords;
    if (!i.execute) [[unlikely]] {
      if (!i.mnemonic)
        wave.fault(i, fmt::format("{:#010x} {:#010x} is not an instruction of gfx950 that the "
                                  "tables know",
                                  i.words[0], i.words[1]));
      wave.fault(i, fmt::format("{} is not emulated ({:#010x} {:#010x})", i.mnemonic, i.words[0],
                                i.words[1]));
    }
    if (++wave.executed > limit) [[unlikely]]
      wave.fault(i, fmt::format("exceeds the limit of {} instructions per wave", limit));
    const HazardInfo *hazard = hazards ? &hazards[&i - code] : nullptr;
    if (wave.indexing) [[unlikely]] {
      if (hazard)
        wave.hazards.pass(*hazard);
      executeIndexed(wave, i);
    } else {
      if (hazard)
        wave.hazards.issue(wave, i, *hazard);
      i.execute(wave, i);
    }
  }
}

} // namespace gemmsmith::emulator
