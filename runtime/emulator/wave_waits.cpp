// The outstanding memory operations of a wave: what is pending, and what a wait delivers.
#include "runtime/emulator/wave.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// A wave cannot have more under way than its counters of 6 and 4 bits can tell (CDNA4 ISA 4.4), so
// what is older than this many others is done. Twice as many and more, lest a missing wait be
// hidden by chance; where the order is not known, the oldest counts as done.
constexpr std::size_t kMaxOutstanding = 127; // of either counter: a register's u8 counts both

bool loads(const PendingOperation &p, PendingOperation::Kind kind, unsigned r) {
  return p.kind == kind && r >= p.first_register &&
         r < static_cast<unsigned>(p.first_register + p.registers);
}

// The lanes of a register that loads of a queue bring, or only those of FLAT.
std::uint64_t lanesLoaded(const std::deque<PendingOperation> &queue, unsigned r,
                          bool flat_only = false) {
  std::uint64_t lanes = 0;
  for (const PendingOperation &p : queue)
    if (loads(p, PendingOperation::Kind::kVgprLoad, r) && (!flat_only || p.both_counters))
      lanes |= p.lanes;
  return lanes;
}

} // namespace

void Wave::reportPendingSgpr(const Instruction &i, std::uint16_t code) {
  auto it = std::find_if(lgkm_.begin(), lgkm_.end(), [&](const PendingOperation &p) {
    return loads(p, PendingOperation::Kind::kSgprLoad, code);
  });
  report(i, Check::kWaits,
         fmt::format("{} awaits the load at {:+#x} `{}`; only s_waitcnt lgkmcnt(0) covers it",
                     registerName(code), offsetOf(*it->instruction), text(*it->instruction)));
  complete(lgkm_, it->serial);
}

void Wave::reportPendingVgpr(const Instruction &i, unsigned r, int lane) {
  // The youngest load of the lane is the one that must be waited for.
  const PendingOperation *source = nullptr;
  std::deque<PendingOperation> *queue = nullptr;
  std::size_t newer = 0;
  for (auto *q : {&vmem_, &lgkm_})
    for (std::size_t n = 0; n < q->size(); ++n)
      if (const PendingOperation &p = (*q)[n];
          loads(p, PendingOperation::Kind::kVgprLoad, r) && (p.lanes >> lane & 1)) {
        source = &p;
        queue = q;
        newer = q->size() - n - 1;
      }
  const char *counter = queue == &vmem_ ? "vmcnt" : "lgkmcnt";
  bool flat = std::any_of(queue->begin(), queue->end(), [](const PendingOperation &p) {
    return p.both_counters && !p.vmcnt_done;
  });
  report(i, Check::kWaits,
         fmt::format("{} awaits the load at {:+#x} `{}`; s_waitcnt {} would cover it",
                     registerName(static_cast<std::uint16_t>(kVgpr + r)),
                     offsetOf(*source->instruction), text(*source->instruction),
                     source->both_counters ? "vmcnt(0) lgkmcnt(0)"
                                           : fmt::format("{}({})", counter, flat ? 0 : newer)),
         lane);
  complete(*queue, source->serial);
}

// What it loads is there; on its counter it stays, for the waits behind it to mean what they mean
// on hardware.
void Wave::complete(std::deque<PendingOperation> &queue, std::uint64_t serial) {
  auto it = std::find_if(queue.begin(), queue.end(),
                         [&](const PendingOperation &p) { return p.serial == serial; });
  PendingOperation p = *it;
  it->registers = 0;
  it->lanes = 0;
  deliver(p);
}

std::uint32_t *Wave::loadVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes,
                              bool vmem) {
  needAllocated(i, code);
  unsigned r = code - kVgpr;
  if (lanes & pending[r]) [[unlikely]] {
    const auto &other = vmem ? lgkm_ : vmem_;
    if (std::uint64_t late = lanes & (lanesLoaded(other, r) | lanesLoaded(vmem_, r, true)))
      badWrite(i, code, late);
  }
  ready[r] |= lanes;
  return vgpr[r].data();
}

void Wave::markPending(const PendingOperation &operation) {
  using Kind = PendingOperation::Kind;
  if (operation.kind == Kind::kVgprLoad) {
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r) {
      pending[r] |= operation.lanes;
      ready[r] &= ~operation.lanes;
      ++pending_count[r];
    }
  } else if (operation.kind == Kind::kSgprLoad) {
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r)
      ++sgpr_pending[r];
  }
}

void Wave::issueVmem(PendingOperation operation) {
  if (!track_outstanding_) {
    if (operation.kind == PendingOperation::Kind::kRelease)
      workgroup_.release();
    return;
  }
  makeRoom(vmem_);
  operation.serial = ++serial_;
  using Kind = PendingOperation::Kind;
  if (operation.lanes || operation.kind == Kind::kStore || operation.kind == Kind::kRelease)
    markPending(operation);
  else
    operation.kind = PendingOperation::Kind::kStore; // counts, but delivers nothing
  vmem_.push_back(operation);
  // No wait can ask for a store that as many operations follow as the counter can count, and there
  // are waves that store for long and never wait.
  constexpr std::ptrdiff_t kMost = 63;
  if (static_cast<std::ptrdiff_t>(vmem_.size()) > kMost)
    if (auto it = vmem_.end() - kMost - 1; it->kind == Kind::kStore && !it->both_counters)
      vmem_.erase(it);
  if (operation.both_counters) {
    PendingOperation shadow = operation;
    shadow.kind = PendingOperation::Kind::kStore;
    makeRoom(lgkm_);
    claimTouches(shadow);
    lgkm_.push_back(shadow);
  }
}

void Wave::makeRoom(std::deque<PendingOperation> &queue) {
  if (queue.size() < kMaxOutstanding)
    return;
  PendingOperation oldest = queue.front();
  queue.pop_front();
  deliver(oldest);
  if (&queue == &lgkm_)
    forgetTouches();
}

void Wave::issueLgkm(PendingOperation operation) {
  if (!track_outstanding_)
    return;
  makeRoom(lgkm_);
  operation.serial = ++serial_;
  if (operation.lanes || operation.kind != PendingOperation::Kind::kVgprLoad)
    markPending(operation);
  else
    operation.kind = PendingOperation::Kind::kStore;
  claimTouches(operation);
  lgkm_.push_back(operation);
}

void Wave::deliver(const PendingOperation &operation) {
  using Kind = PendingOperation::Kind;
  switch (operation.kind) {
  case Kind::kStore:
    break;
  case Kind::kRelease:
    workgroup_.release();
    break;
  case Kind::kVgprLoad:
    for (unsigned r = operation.first_register;
         r < static_cast<unsigned>(operation.first_register + operation.registers); ++r) {
      std::uint64_t awaited =
          --pending_count[r] ? pending[r] & (lanesLoaded(vmem_, r) | lanesLoaded(lgkm_, r)) : 0;
      ready[r] |= pending[r] & ~awaited;
      pending[r] = awaited;
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
      if (LdsRaces *races = workgroup_.races())
        races->arrive(index_, at, operation.lds_bytes);
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

void Wave::deliverFirst(std::deque<PendingOperation> &queue, int count,
                        bool (*in_order)(const PendingOperation &)) {
  for (auto it = queue.begin(); it != queue.end() && count > 0;) {
    if (!in_order(*it)) {
      ++it;
      continue;
    }
    PendingOperation p = *it;
    it = queue.erase(it);
    --count;
    deliver(p);
  }
}

// Vector memory operations complete in order (CDNA4 ISA 4.4), and so do LDS operations. Scalar
// loads do not (8.3), nor does FLAT, which comes from either place (10.2): only zero covers these.
// If all of them were done already, a counter would count the operations in order alone: the oldest
// beyond its number are done in every case.
void Wave::wait(int vmcnt, int lgkmcnt) {
  auto vmem_in_order = [](const PendingOperation &p) { return !p.both_counters; };
  auto lgkm_in_order = [](const PendingOperation &p) {
    return !p.both_counters && p.kind != PendingOperation::Kind::kSgprLoad;
  };
  auto beyond = [](const std::deque<PendingOperation> &queue, auto in_order, int most) {
    if (queue.size() <= static_cast<std::size_t>(most))
      return 0;
    return static_cast<int>(std::count_if(queue.begin(), queue.end(), in_order)) - most;
  };
  deliverFirst(vmem_, beyond(vmem_, vmem_in_order, vmcnt), vmem_in_order);
  deliverFirst(lgkm_, beyond(lgkm_, lgkm_in_order, lgkmcnt), lgkm_in_order);
  if (vmcnt == 0) // FLAT is left
    for (PendingOperation &p : vmem_)
      p.vmcnt_done = true;
  if (lgkmcnt == 0)
    while (!lgkm_.empty()) {
      PendingOperation p = lgkm_.front();
      lgkm_.pop_front();
      deliver(p);
    }
  forgetTouches();
  for (auto it = vmem_.begin(); it != vmem_.end();) {
    bool done = it->both_counters && it->vmcnt_done &&
                std::none_of(lgkm_.begin(), lgkm_.end(),
                             [&](const auto &q) { return q.serial == it->serial; });
    if (!done) {
      ++it;
      continue;
    }
    PendingOperation p = *it;
    it = vmem_.erase(it);
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

void Wave::claimTouches(PendingOperation &operation) {
  operation.first_touch = claimed_touches_;
  operation.touches = static_cast<std::uint32_t>(lds_touches.size()) - claimed_touches_;
  claimed_touches_ = static_cast<std::uint32_t>(lds_touches.size());
}

// Drops what no outstanding operation refers to any more; now and then, for it moves the rest.
void Wave::forgetTouches() {
  constexpr std::uint32_t kMany = 1 << 14;
  std::uint32_t first = lgkm_.empty() ? claimed_touches_ : lgkm_.front().first_touch;
  if (!lgkm_.empty() && first < kMany)
    return;
  lds_touches.erase(lds_touches.begin(), lds_touches.begin() + first);
  claimed_touches_ -= first;
  for (PendingOperation &p : lgkm_)
    p.first_touch -= first;
}

void Wave::completeLds(std::uint32_t address) {
  while (const PendingOperation *p = pendingLds(address))
    complete(vmem_, p->serial);
}

} // namespace gemmsmith::emulator
