#include "runtime/counters.h"

namespace gemmsmith::runtime {

std::size_t Counters::shard() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
}

void Counters::read(gs_counters &out) const noexcept {
  const auto value = [](const Counter &counter) { return counter.load(std::memory_order_relaxed); };
  out.launches = 0;
  for (const Shard &shard : launches_)
    out.launches += value(shard.count);
  out.misses = value(misses_);
  out.prepared = value(prepared_);
  out.by_policy = value(by_policy_);
  for (std::size_t tier = 0; tier < hits_.size(); ++tier)
    out.hits[tier] = value(hits_[tier]);
  for (std::size_t tier = 0; tier < tier_ns_.size(); ++tier)
    out.tier_ns[tier] = value(tier_ns_[tier]);
  out.not_found = value(not_found_);
  out.loads = value(loads_);
  out.compile_ns = value(compile_ns_);
  out.load_ns = value(load_ns_);
  out.table_reloads = value(table_reloads_);
}

} // namespace gemmsmith::runtime
