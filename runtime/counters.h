// What a context has done so far, counted without locks.
#pragma once

#include "runtime/code_object_source.h"
#include "runtime/gemmsmith.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace gemmsmith::runtime {

class Counters {
public:
  // Counts a launch; returns how many the threads that share the calling thread's counter have had.
  std::uint64_t addLaunch() noexcept {
    return launches_[shard()].count.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void addMiss() noexcept { add(misses_); }
  void addHit(const FoundObject &object) noexcept {
    add(hits_[static_cast<std::size_t>(object.tier)]);
    add(compile_ns_, static_cast<std::uint64_t>(object.compile_time.count()));
  }
  void addAsked(Tier tier, std::chrono::nanoseconds time) noexcept {
    add(tier_ns_[static_cast<std::size_t>(tier)], static_cast<std::uint64_t>(time.count()));
  }
  void addNotFound() noexcept { add(not_found_); }
  void addLoad(std::chrono::nanoseconds time) noexcept {
    add(loads_);
    add(load_ns_, static_cast<std::uint64_t>(time.count()));
  }
  void addPrepared(bool by_policy) noexcept {
    add(prepared_);
    add(by_policy_, by_policy);
  }
  void addTableReload() noexcept { add(table_reloads_); }

  // All but workspace_bytes and size.
  void read(gs_counters &out) const noexcept;

private:
  using Counter = std::atomic<std::uint64_t>;

  // Threads that launch at the same time should not share a cache line.
  static constexpr std::size_t kShards = 64;
  struct alignas(64) Shard {
    Counter count{0};
  };
  static std::size_t shard() noexcept;

  static void add(Counter &counter, std::uint64_t amount = 1) noexcept {
    counter.fetch_add(amount, std::memory_order_relaxed);
  }

  std::array<Shard, kShards> launches_;
  Counter misses_{0}, prepared_{0}, by_policy_{0}, not_found_{0}, loads_{0}, compile_ns_{0},
      load_ns_{0}, table_reloads_{0};
  std::array<Counter, GS_TIER_COUNT> hits_{}, tier_ns_{};
};

} // namespace gemmsmith::runtime
