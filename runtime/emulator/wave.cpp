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

std::string registerName(std::uint16_t code) {
  if (code >= kAgpr)
    return fmt::format("a{}", code - kAgpr);
  if (code >= kVgpr)
    return fmt::format("v{}", code - kVgpr);
  if (code == 106 || code == 107)
    return code == 106 ? "vcc_lo" : "vcc_hi";
  if (code == kM0)
    return "m0";
  return fmt::format("s{}", code);
}

} // namespace

void Wave::reset(int vgpr_limit, int agpr_limit, bool check_uninitialized, bool check_waits) {
  check_waits_ = check_waits;
  exec = 0;
  scc = 0;
  scc_defined = !check_uninitialized;
  indexing = false;
  status = WaveStatus::kRunning;
  executed = 0;
  mfma_flops = 0;
  barrier = nullptr;
  sgpr.fill(0xcdcdcdcd);
  sgpr_defined.fill(check_uninitialized ? 0u : ~0u);
  sgpr_pending.fill(0);
  for (int r = 0; r < kVgprs; ++r) {
    allowed[r] = r < 256 ? r < vgpr_limit : r - 256 < agpr_limit;
    ready[r] = allowed[r] && !check_uninitialized ? kAllLanes : 0;
    if (allowed[r])
      vgpr[r].fill(0xcdcdcdcd);
  }
  pending.fill(0);
  pending_undefined.fill(0);
  pending_count.fill(0);
  vmem_.clear();
  lgkm_.clear();
  partly_defined.clear();
  last_allocation = nullptr;
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
    if (!scc_defined)
      fault(i, "SCC was never defined");
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
  if (needed & ~defined)
    fault(i, fmt::format("lane mask {} was never defined for this lane", registerName(code)),
          std::countr_zero(needed & ~defined));
  return value;
}

void Wave::setScalar32(const Instruction &i, std::uint16_t code, std::uint32_t value,
                       std::uint32_t defined) {
  if (code < kExecLo) {
    if (sgpr_pending[code])
      badScalar(i, code);
    sgpr[code] = value;
    sgpr_defined[code] = defined;
    return;
  }
  if (code > kExecLo + 1)
    fault(i, fmt::format("operand code {} is not a writable register", code));
  if (defined != ~0u)
    fault(i, "EXEC is set from bits that were never defined");
  if (code == kExecLo)
    exec = (exec & ~std::uint64_t{0xffffffff}) | value;
  else
    exec = (exec & 0xffffffff) | std::uint64_t{value} << 32;
}

void Wave::badScalar(const Instruction &i, std::uint16_t code) {
  if (sgpr_pending[code]) {
    for (const PendingOperation &p : lgkm_)
      if (p.kind == PendingOperation::Kind::kSgprLoad && code >= p.first_register &&
          code < p.first_register + p.registers)
        fault(i,
              fmt::format("{} awaits the load at +{:#x} `{}`; only s_waitcnt lgkmcnt(0) covers it",
                          registerName(code),
                          (std::int64_t{p.instruction->address_dwords} -
                           static_cast<std::int64_t>(workgroup_.context().entry)) *
                              4,
                          text(*p.instruction)));
  }
  fault(i, fmt::format("{} was never written", registerName(code)));
}

void Wave::badVector(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
  unsigned r = code - kVgpr;
  if (r >= kVgprs || !allowed[r])
    fault(i, fmt::format("{} is outside the registers that the kernel asked for",
                         code < kVgpr ? "scalar operand " + std::to_string(code)
                                      : registerName(code)));
  std::uint64_t bad = lanes & ~ready[r];
  int lane = std::countr_zero(bad);
  if (bad & pending[r])
    badWrite(i, code, lanes); // the message is the same
  fault(i,
        fmt::format("{} was never written in {} lane{}", registerName(code), std::popcount(bad),
                    std::popcount(bad) == 1 ? "" : "s"),
        lane);
}

void Wave::badWrite(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
  unsigned r = code - kVgpr;
  if (r >= kVgprs || !allowed[r])
    fault(i, fmt::format("{} is outside the registers that the kernel asked for",
                         code < kVgpr ? "scalar operand " + std::to_string(code)
                                      : registerName(code)));
  int lane = std::countr_zero(lanes & pending[r]);
  const PendingOperation *source = nullptr;
  const char *counter = "vmcnt";
  int newer = 0;
  for (const auto *queue : {&vmem_, &lgkm_}) {
    int position = static_cast<int>(queue->size());
    for (const PendingOperation &p : *queue) {
      --position;
      if (p.kind == PendingOperation::Kind::kVgprLoad && r >= p.first_register &&
          r < p.first_register + p.registers && (p.lanes >> lane & 1)) {
        source = &p;
        counter = queue == &vmem_ ? "vmcnt" : "lgkmcnt";
        newer = position;
      }
    }
  }
  if (!source)
    fault(i, registerName(code) + " awaits a load", lane);
  fault(i,
        fmt::format("{} awaits the load at +{:#x} `{}`; s_waitcnt {}({}) would cover it",
                    registerName(code),
                    (std::int64_t{source->instruction->address_dwords} -
                     static_cast<std::int64_t>(workgroup_.context().entry)) *
                        4,
                    text(*source->instruction), counter, newer),
        lane);
}

void Wave::markUndefined(std::uint16_t code, std::uint64_t lanes) {
  unsigned r = code - kVgpr;
  ready[r] &= ~lanes;
  if (partly_defined.empty())
    return;
  for (; lanes; lanes &= lanes - 1)
    partly_defined.erase(r * kLanes + static_cast<unsigned>(std::countr_zero(lanes)));
}

std::uint32_t *Wave::loadVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes,
                              bool vmem) {
  unsigned r = code - kVgpr;
  if (r >= kVgprs || !allowed[r])
    badWrite(i, code, lanes);
  if ((lanes & pending[r]) && pending_vmem[r] != static_cast<std::uint8_t>(vmem))
    badWrite(i, code, lanes);
  ready[r] |= lanes;
  pending_undefined[r] &= ~lanes;
  return vgpr[r].data();
}

void Wave::loadUndefined(std::uint16_t code, std::uint64_t lanes) {
  unsigned r = code - kVgpr;
  pending_undefined[r] |= lanes;
  markUndefined(code, lanes);
}

void Wave::markPending(const PendingOperation &operation, bool vmem) {
  using Kind = PendingOperation::Kind;
  if (operation.kind == Kind::kVgprLoad) {
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r) {
      pending[r] |= operation.lanes;
      ready[r] &= ~operation.lanes;
      pending_vmem[r] = vmem;
      ++pending_count[r];
    }
  } else if (operation.kind == Kind::kSgprLoad) {
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r)
      ++sgpr_pending[r];
  }
}

void Wave::issueVmem(PendingOperation operation) {
  if (!check_waits_)
    return;
  operation.serial = ++serial_;
  if (operation.lanes || operation.kind == PendingOperation::Kind::kStore)
    markPending(operation, true);
  else
    operation.kind = PendingOperation::Kind::kStore; // counts, but delivers nothing
  vmem_.push_back(operation);
  if (operation.both_counters) {
    PendingOperation shadow = operation;
    shadow.kind = PendingOperation::Kind::kStore;
    lgkm_.push_back(shadow);
  }
}

void Wave::issueLgkm(PendingOperation operation) {
  if (!check_waits_)
    return;
  operation.serial = ++serial_;
  if (operation.lanes || operation.kind != PendingOperation::Kind::kVgprLoad)
    markPending(operation, false);
  else
    operation.kind = PendingOperation::Kind::kStore;
  lgkm_.push_back(operation);
}

void Wave::deliver(const PendingOperation &operation) {
  using Kind = PendingOperation::Kind;
  switch (operation.kind) {
  case Kind::kStore:
    break;
  case Kind::kVgprLoad:
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r)
      // While a younger load of the same register is outstanding, the older one's lanes stay
      // marked.
      if (--pending_count[r] == 0) {
        ready[r] |= pending[r] & ~pending_undefined[r];
        pending[r] = 0;
      }
    break;
  case Kind::kSgprLoad:
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r)
      --sgpr_pending[r];
    break;
  case Kind::kLdsLoad: {
    auto mine = static_cast<std::uint8_t>(kLdsPending + index_);
    for (std::uint64_t lanes = operation.lanes; lanes; lanes &= lanes - 1) {
      std::uint32_t at = operation.lds_base +
                         static_cast<std::uint32_t>(std::countr_zero(lanes)) * operation.lds_stride;
      for (std::uint32_t b = at; b < at + operation.lds_bytes; ++b)
        if (workgroup_.ldsState()[b] == mine)
          workgroup_.ldsState()[b] = kLdsWritten;
    }
    // A younger copy of this wave may still target some of the same bytes.
    for (const PendingOperation &p : vmem_)
      if (p.kind == Kind::kLdsLoad && p.serial > operation.serial &&
          p.lds_base < operation.lds_base + kLanes * operation.lds_stride &&
          operation.lds_base < p.lds_base + kLanes * p.lds_stride)
        for (std::uint64_t lanes = p.lanes; lanes; lanes &= lanes - 1)
          std::memset(workgroup_.ldsState() + p.lds_base +
                          static_cast<std::uint32_t>(std::countr_zero(lanes)) * p.lds_stride,
                      mine, p.lds_bytes);
    break;
  }
  }
}

void Wave::wait(int vmcnt, int lgkmcnt) {
  // Vector memory operations complete in order (CDNA4 ISA 4.4), so what is older than the newest
  // `vmcnt` is done. FLAT completes out of order: only a wait for both counters to reach zero
  // covers it.
  if (vmem_.size() > static_cast<std::size_t>(vmcnt)) {
    std::size_t done = vmem_.size() - static_cast<std::size_t>(vmcnt);
    std::deque<PendingOperation> kept;
    for (std::size_t n = 0; n < done; ++n) {
      PendingOperation p = vmem_.front();
      vmem_.pop_front();
      if (p.both_counters) {
        bool other = lgkmcnt > 0 && std::any_of(lgkm_.begin(), lgkm_.end(), [&](const auto &q) {
                       return q.serial == p.serial;
                     });
        if (other || vmcnt > 0) {
          p.vmcnt_done = vmcnt == 0;
          kept.push_back(p);
          continue;
        }
      }
      deliver(p);
    }
    vmem_.insert(vmem_.begin(), kept.begin(), kept.end());
  }
  // LDS operations complete in order; scalar loads in any order, so only zero covers these
  // (CDNA4 ISA 8.3). If all scalar loads were done already, `lgkmcnt` would count LDS operations
  // alone: the oldest beyond that number are done in every case.
  if (lgkmcnt == 0) {
    while (!lgkm_.empty()) {
      PendingOperation p = lgkm_.front();
      lgkm_.pop_front();
      deliver(p);
    }
    for (auto it = vmem_.begin(); it != vmem_.end();) {
      if (!it->vmcnt_done) {
        ++it;
        continue;
      }
      PendingOperation p = *it;
      it = vmem_.erase(it);
      deliver(p);
    }
    return;
  }
  auto in_order = [](const PendingOperation &p) {
    return p.kind != PendingOperation::Kind::kSgprLoad;
  };
  auto count = static_cast<int>(std::count_if(lgkm_.begin(), lgkm_.end(), in_order));
  for (auto it = lgkm_.begin(); it != lgkm_.end() && count > lgkmcnt;) {
    if (!in_order(*it)) {
      ++it;
      continue;
    }
    PendingOperation p = *it;
    it = lgkm_.erase(it);
    --count;
    deliver(p);
  }
}

const PendingOperation *Wave::pendingLds(std::uint32_t address) const {
  const PendingOperation *found = nullptr;
  for (const PendingOperation &p : vmem_) {
    if (p.kind != PendingOperation::Kind::kLdsLoad || address < p.lds_base)
      continue;
    std::uint32_t lane = (address - p.lds_base) / p.lds_stride;
    if (lane < kLanes && (p.lanes >> lane & 1) &&
        (address - p.lds_base) % p.lds_stride < p.lds_bytes)
      found = &p;
  }
  return found;
}

} // namespace gemmsmith::emulator
