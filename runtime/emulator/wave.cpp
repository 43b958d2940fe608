#include "runtime/emulator/wave.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/fault.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Inline constants (CDNA4 ISA 5.2) as 32-bit patterns.
std::uint32_t inlineConstant(std::uint16_t code) {
  if (code >= 128 && code <= 192)
    return code - 128u;
  if (code >= 193 && code <= 208)
    return static_cast<std::uint32_t>(192 - static_cast<int>(code));
  static constexpr std::uint32_t kFloats[] = {0x3f000000, 0xbf000000, 0x3f800000,
                                              0xbf800000, 0x40000000, 0xc0000000,
                                              0x40800000, 0xc0800000, 0x3e22f983};
  return kFloats[code - 240];
}

bool isInlineConstant(std::uint16_t code) {
  return (code >= 128 && code <= 208) || (code >= 240 && code <= 248);
}

} // namespace

std::string registerName(std::uint16_t code) {
  if (code >= kAgpr)
    return fmt::format("a{}", code - kAgpr);
  if (code >= kVgpr)
    return fmt::format("v{}", code - kVgpr);
  if (code == 106 || code == 107)
    return code == 106 ? "vcc_lo" : "vcc_hi";
  if (code == kExecLo || code == kExecLo + 1)
    return code == kExecLo ? "exec_lo" : "exec_hi";
  if (code == kM0)
    return "m0";
  return fmt::format("s{}", code);
}

void Wave::reset(int vgpr_limit, int agpr_limit, bool check_uninitialized, bool track_outstanding) {
  track_outstanding_ = track_outstanding;
  exec = 0;
  scc = 0;
  scc_defined = !check_uninitialized;
  indexing = false;
  status = WaveStatus::kRunning;
  executed = 0;
  mfma_flops = 0;
  barrier = nullptr;
  barriers = 0;
  live_lanes = 0;
  spin.reset();
  lds_touches.clear();
  claimed_touches_ = 0;
  sgpr.fill(0xcdcdcdcd);
  sgpr_defined.fill(check_uninitialized ? 0u : ~0u);
  sgpr_pending.fill(0);
  undefined_from.fill(0);
  for (int r = 0; r < kVgprs; ++r) {
    allowed[r] = r < 256 ? r < vgpr_limit : r - 256 < agpr_limit;
    ready[r] = allowed[r] && !check_uninitialized ? kAllLanes : 0;
    if (allowed[r])
      vgpr[r].fill(0xcdcdcdcd);
  }
  pending.fill(0);
  pending_count.fill(0);
  vmem_.clear();
  lgkm_.clear();
  partly_defined.clear();
  last_allocation = nullptr;
  hazards.reset();
}

std::int64_t Wave::offsetOf(const Instruction &i) const {
  return (std::int64_t{i.address_dwords} - static_cast<std::int64_t>(workgroup_.context().entry)) *
         4;
}

Finding Wave::findingAt(const Instruction &i, std::string what, int lane) const {
  Finding finding;
  finding.kernel = workgroup_.context().kernel->metadata.name;
  finding.workgroup = workgroup_.position();
  finding.wave = index_;
  finding.lane = lane;
  finding.offset = offsetOf(i);
  finding.instruction = text(i);
  finding.message = std::move(what);
  return finding;
}

void Wave::fault(const Instruction &i, const std::string &what, int lane) const {
  throw Fault{ErrorKind::kFailed, findingAt(i, what, lane).str()};
}

void Wave::report(const Instruction &i, Check check, std::string what, int lane) const {
  if (!workgroup_.context().checks.has(check))
    return;
  Finding finding = findingAt(i, std::move(what), lane);
  finding.check = check;
  Findings *findings = workgroup_.context().findings;
  if (!findings)
    throw Fault{ErrorKind::kFailed, finding.str()};
  findings->add(workgroup_.place(), std::move(finding));
}

std::uint32_t Wave::specialScalar(const Instruction &i, std::uint16_t code) {
  if (code == kExecLo)
    return static_cast<std::uint32_t>(exec);
  if (code == kExecLo + 1)
    return static_cast<std::uint32_t>(exec >> 32);
  if (isInlineConstant(code))
    return inlineConstant(code);
  switch (code) {
  case kLiteral:
    return i.literal;
  case kSharedBase:
  case kPrivateBase:
  case kSharedLimit:
  case kPrivateLimit:
    return 0; // the low half: apertures are named by their upper 32 bits
  case kVccz: {
    std::uint64_t vcc = scalarMask(i, kVccLo, kAllLanes);
    return vcc == 0;
  }
  case kExecz:
    return exec == 0;
  case kSccCode:
    needScc(i);
    return scc;
  default:
    fault(i, fmt::format("operand code {} is not a readable register here", code));
  }
}

std::uint64_t Wave::scalar64(const Instruction &i, std::uint16_t code) {
  if (code <= kExecLo)
    return scalar32(i, code) | std::uint64_t{scalar32(i, static_cast<std::uint16_t>(code + 1))}
                                   << 32;
  switch (code) {
  case kSharedBase:
    return kSharedAperture;
  case kSharedLimit:
    return kSharedAperture | 0xffffffff;
  case kPrivateBase:
    return kPrivateAperture;
  case kPrivateLimit:
    return kPrivateAperture | 0xffffffff;
  default:
    break;
  }
  std::uint32_t value = specialScalar(i, code);
  if (code >= 240 && code <= 248) // a double's inline constant
    return std::bit_cast<std::uint64_t>(code == 248 ? 0.15915494309189532
                                                    : double{std::bit_cast<float>(value)});
  if (code == kLiteral)
    return value; // zero-extended for 64-bit integer operations
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
}

std::uint32_t Wave::rawScalar32(const Instruction &i, std::uint16_t code, std::uint32_t &defined) {
  defined = ~0u;
  if (code >= kExecLo)
    return specialScalar(i, code);
  if (sgpr_pending[code])
    badScalar(i, code);
  defined = sgpr_defined[code];
  return sgpr[code];
}

std::uint64_t Wave::rawScalar64(const Instruction &i, std::uint16_t code, std::uint64_t &defined) {
  if (code >= kExecLo) {
    defined = kAllLanes;
    return scalar64(i, code);
  }
  std::uint32_t low_defined, high_defined;
  std::uint64_t low = rawScalar32(i, code, low_defined);
  std::uint64_t high = rawScalar32(i, static_cast<std::uint16_t>(code + 1), high_defined);
  defined = low_defined | std::uint64_t{high_defined} << 32;
  return low | high << 32;
}

std::uint64_t Wave::scalarMask(const Instruction &i, std::uint16_t code, std::uint64_t needed) {
  std::uint64_t defined;
  std::uint64_t value = rawScalar64(i, code, defined);
  if (needed & ~defined) {
    report(i, Check::kUninitialized,
           fmt::format("lane mask {} was never defined for this lane", registerName(code)),
           std::countr_zero(needed & ~defined));
    sgpr_defined[code] = ~0u;
    sgpr_defined[code + 1u] = ~0u;
  }
  return value;
}

void Wave::setScalar32(const Instruction &i, std::uint16_t code, std::uint32_t value,
                       std::uint32_t defined) {
  if (code < kExecLo) {
    if (sgpr_pending[code])
      badScalar(i, code);
    sgpr[code] = value;
    sgpr_defined[code] = defined;
    if (defined != ~0u) [[unlikely]]
      undefined_from[code] = i.address_dwords + 1;
    return;
  }
  if (code > kExecLo + 1)
    fault(i, fmt::format("operand code {} is not a writable register", code));
  if (defined != ~0u)
    report(i, Check::kUninitialized, "EXEC is set from bits that were never defined");
  if (code == kExecLo)
    exec = (exec & ~std::uint64_t{0xffffffff}) | value;
  else
    exec = (exec & 0xffffffff) | std::uint64_t{value} << 32;
}

bool Wave::needScc(const Instruction &i) {
  if (!scc_defined) {
    report(i, Check::kUninitialized, "SCC is read, but its value depends on undefined registers");
    scc_defined = true;
  }
  return scc != 0;
}

std::string Wave::undefinedScalar(std::uint16_t code) const {
  if (undefined_from[code] == 0)
    return fmt::format("{} was never written", registerName(code));
  const Instruction &writer = workgroup_.context().code[undefined_from[code] - 1];
  return fmt::format("{} has bits that were never defined, from {:+#x} `{}`", registerName(code),
                     offsetOf(writer), text(writer));
}

void Wave::badScalar(const Instruction &i, std::uint16_t code) {
  if (sgpr_pending[code]) {
    reportPendingSgpr(i, code);
    return;
  }
  report(i, Check::kUninitialized, undefinedScalar(code));
  sgpr_defined[code] = ~0u;
}

void Wave::needAllocated(const Instruction &i, std::uint16_t code) const {
  unsigned r = code - kVgpr;
  if (r >= kVgprs || !allowed[r])
    fault(i, fmt::format("{} is outside the registers that the kernel asked for",
                         code < kVgpr ? "scalar operand " + std::to_string(code)
                                      : registerName(code)));
}

void Wave::badVector(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
  needAllocated(i, code);
  unsigned r = code - kVgpr;
  badWrite(i, code, lanes); // a load that is pending there
  std::uint64_t bad = lanes & ~ready[r];
  if (!bad)
    return;
  report(i, Check::kUninitialized,
         fmt::format("{} was never written in {} lane{}", registerName(code), std::popcount(bad),
                     std::popcount(bad) == 1 ? "" : "s"),
         std::countr_zero(bad));
  ready[r] |= bad;
}

void Wave::badWrite(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
  needAllocated(i, code);
  unsigned r = code - kVgpr;
  while (std::uint64_t awaited = lanes & pending[r])
    reportPendingVgpr(i, r, std::countr_zero(awaited));
}

void Wave::markUndefined(std::uint16_t code, std::uint64_t lanes) {
  unsigned r = code - kVgpr;
  ready[r] &= ~lanes;
  pending[r] &= ~lanes;
  if (partly_defined.empty())
    return;
  for (; lanes; lanes &= lanes - 1)
    partly_defined.erase(r * kLanes + static_cast<unsigned>(std::countr_zero(lanes)));
}

} // namespace gemmsmith::emulator
