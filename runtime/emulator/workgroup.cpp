#include "runtime/emulator/workgroup.h"

#include "runtime/emulator/fault.h"
#include "runtime/emulator/lds.h"
#include "runtime/emulator/opcode_entries.h"
#include "runtime/emulator/operands.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// A 16-byte access at the last byte of LDS, and the states' 8-byte comparisons, stay inside.
constexpr std::size_t kLdsPadding = 64;

int wavesOf(const Dim3 &block) {
  return static_cast<int>((std::uint64_t{block.x} * block.y * block.z + kLanes - 1) / kLanes);
}

// A wave that executes this many instructions without a barrier lets the others have a turn.
constexpr std::uint64_t kSlice = std::uint64_t{1} << 22;

[[noreturn]] void refuse(const Wave &wave, const Instruction &i) {
  if (!i.mnemonic)
    wave.fault(i, fmt::format("{:#010x} {:#010x} is not an instruction of gfx950 that the tables "
                              "know",
                              i.words[0], i.words[1]));
  wave.fault(
      i, fmt::format("{} is not emulated ({:#010x} {:#010x})", i.mnemonic, i.words[0], i.words[1]));
}

// VGPR indexing (CDNA4 ISA 6.6): M0[7:0] is added to the VGPR operands that M0[15:12] selects.
void executeIndexed(Wave &wave, const Instruction &i) {
  bool vector = i.format == Format::kVop1 || i.format == Format::kVop2 ||
                i.format == Format::kVopc || i.format == Format::kVop3;
  if (!vector)
    return i.execute(wave, i);
  Instruction moved = i;
  std::uint32_t m0 = wave.scalar32(i, kM0);
  auto shift = [&](std::uint16_t &code, int bit, int dwords) {
    if (code < kVgpr || code >= kAgpr || !(m0 >> (12 + bit) & 1))
      return;
    code = static_cast<std::uint16_t>(code + (m0 & 0xff));
    if (code + std::max(dwords, 1) > kAgpr)
      wave.fault(i, "an indexed register lies past v255");
  };
  // An accumulating VOP2 reads its destination, wherever that goes.
  bool tied = i.sources == 3 && i.src[2] == i.dst &&
              (i.format == Format::kVop2 || (i.opcode >= 256 && i.opcode < 320));
  for (int s = 0; s < 3; ++s)
    shift(moved.src[s], s == 2 && tied ? 3 : s, sourceDwords(i, s));
  shift(moved.dst, 3, i.operands->results[0].dwords);
  moved.execute(wave, moved);
}

} // namespace

Workgroup::Workgroup(const LaunchContext &context)
    : context_(context), lds_(context.lds_bytes + kLdsPadding),
      lds_state_(context.lds_bytes + kLdsPadding) {
  check_spinning_ = context.checks.has(Check::kDeadlock);
  check_races_ = context.checks.has(Check::kLdsRaces) && wavesOf(context.block) > 1;
  int waves = wavesOf(context.block);
  waves_.reserve(static_cast<std::size_t>(waves));
  for (int index = 0; index < waves; ++index)
    waves_.emplace_back(*this, index);
}

void Workgroup::start(std::uint64_t id, std::uint64_t place) {
  id_ = id;
  place_ = place;
  position_ = {static_cast<std::uint32_t>(id % context_.grid.x),
               static_cast<std::uint32_t>(id / context_.grid.x % context_.grid.y),
               static_cast<std::uint32_t>(id / context_.grid.x / context_.grid.y)};
  std::fill(lds_.begin(), lds_.end(), std::uint8_t{0xcd});
  std::fill(lds_state_.begin(), lds_state_.end(),
            context_.checks.has(Check::kUninitialized) ? kLdsUnwritten : kLdsWritten);
  if (check_races_)
    races_.reset(context_.lds_bytes, static_cast<int>(waves_.size()));
  for (Wave &wave : waves_)
    initializeWave(wave, context_, position_);
}

Workgroup::State Workgroup::resume() {
  for (;;) {
    std::uint64_t stores = stores_;
    std::size_t ended = 0, at_barrier = 0;
    bool yielded = false;
    for (Wave &wave : waves_) {
      if (wave.status == WaveStatus::kRunning || wave.status == WaveStatus::kSpinning) {
        wave.status = WaveStatus::kRunning;
        runWave(wave);
      }
      ended += wave.status == WaveStatus::kEnded;
      at_barrier += wave.status == WaveStatus::kAtBarrier;
      yielded |= wave.status == WaveStatus::kRunning;
    }
    if (ended == waves_.size()) {
      end();
      return State::kEnded;
    }
    if (at_barrier + ended == waves_.size())
      openBarrier();
    else if (yielded)
      return State::kYielded;
    else if (stores == stores_) // otherwise one wave may have fed another
      return State::kWaiting;
  }
}

void Workgroup::openBarrier() {
  const Wave *ended = nullptr;
  for (const Wave &wave : waves_)
    if (wave.status == WaveStatus::kEnded)
      ended = &wave;
  if (check_races_)
    races_.barrier();
  for (Wave &wave : waves_) {
    // What is still under way in the LDS queue takes effect on this side of the barrier.
    if (check_races_)
      wave.forOutstandingLds([&](const Instruction &i, const LdsTouch &touch) {
        checkLdsRace(wave, i, touch.access, touch.address, touch.bytes, -1);
      });
    if (wave.status != WaveStatus::kAtBarrier)
      continue;
    if (ended && context_.checks.has(Check::kBarriers)) {
      wave.report(*wave.barrier, Check::kBarriers,
                  fmt::format("the barrier opens because wave {} has ended after {} barriers, and "
                              "this is this wave's barrier number {}",
                              ended->index(), ended->barriers, wave.barriers));
      ended = nullptr; // one wave that says so is enough
    }
    wave.status = WaveStatus::kRunning;
  }
}

void Workgroup::end() {
  for (Wave &wave : waves_) {
    executed_ += wave.executed;
    mfma_flops_ += wave.mfma_flops;
  }
}

void Workgroup::release() {
  if (context_.coherence)
    context_.coherence->release(xcd());
}

void Workgroup::acquire() {
  if (context_.coherence)
    context_.coherence->acquire(xcd());
}

void Workgroup::runWave(Wave &wave) {
  const Instruction *code = context_.code.data();
  std::size_t size = context_.code.size();
  std::uint64_t limit = context_.instruction_limit ? context_.instruction_limit : ~std::uint64_t{0};
  std::uint64_t slice_end = wave.executed + kSlice;
  const HazardInfo *hazards = context_.hazards.empty() ? nullptr : context_.hazards.data();
  while (wave.status == WaveStatus::kRunning) {
    if (wave.pc >= size)
      wave.fault(code[size - 1], "runs past the end of the code");
    std::size_t at = wave.pc;
    const Instruction &i = code[at];
    wave.pc += i.dwords;
    if (!i.execute) [[unlikely]]
      refuse(wave, i);
    if (++wave.executed > limit) [[unlikely]]
      wave.fault(i, fmt::format("exceeds the limit of {} instructions per wave", limit));
    if (context_.observer) [[unlikely]]
      context_.observer->before(wave, i);
    const HazardInfo *hazard = hazards ? &hazards[at] : nullptr;
    if (wave.indexing) [[unlikely]] {
      if (hazard)
        wave.hazards.pass(*hazard);
      executeIndexed(wave, i);
    } else {
      if (hazard)
        wave.hazards.issue(wave, i, *hazard);
      i.execute(wave, i);
    }
    if (context_.observer) [[unlikely]]
      context_.observer->after(wave, i);
    if (wave.pc <= at) [[unlikely]] {
      if (check_spinning_ && wave.spin.loops(wave, stores_))
        wave.status = WaveStatus::kSpinning;
      else if (wave.executed > slice_end)
        return;
    }
  }
  if (wave.status == WaveStatus::kAtBarrier)
    arriveAtBarrier(wave);
}

void Workgroup::arriveAtBarrier(Wave &wave) {
  ++wave.barriers;
  if (wave.exec == wave.live_lanes || !context_.checks.has(Check::kBarriers))
    return;
  std::uint64_t missing = wave.live_lanes & ~wave.exec;
  if (missing)
    wave.report(*wave.barrier, Check::kBarriers,
                fmt::format("{} of the wave's {} work-items do not take part in the barrier",
                            std::popcount(missing), std::popcount(wave.live_lanes)),
                std::countr_zero(missing));
}

} // namespace gemmsmith::emulator
