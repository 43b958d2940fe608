// What a compile service has done so far, as it counts it.
//
// Thread-safe: each number is exact, and two of them may be a moment apart.
#pragma once

#include "runtime/service/service_client.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gemmsmith {

enum class RequestResult : std::uint8_t { kEntry, kError, kBusy, kStatus, kMalformed };
inline constexpr std::array kRequestResults{RequestResult::kEntry, RequestResult::kError,
                                            RequestResult::kBusy, RequestResult::kStatus,
                                            RequestResult::kMalformed};
std::string_view toString(RequestResult result);

// Durations of compiles in seconds, counted by upper bounds.
class CompileTimes {
public:
  static constexpr std::array<double, 11> kBounds{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};

  void add(double seconds);

  // Of those up to kBounds[i]; at kBounds.size(), of all.
  std::uint64_t countUpTo(std::size_t i) const;
  double sum() const { return sum_; }

private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{}; // not cumulative
  std::atomic<double> sum_ = 0;
};

struct ServiceCounters {
  // Numbers of an enumeration's values.
  template <std::size_t N> using Counts = std::array<std::atomic<std::uint64_t>, N>;

  Counts<kRequestResults.size()> requests{};
  Counts<4> origins{}; // of jobs that ended with a code object, by ServiceOrigin
  std::atomic<std::uint64_t> remembered = 0; // of jobs that ended with one compiled before
  std::atomic<std::uint64_t> compile_failures = 0;
  CompileTimes compile_times;
  std::atomic<std::uint64_t> connections = 0;   // now
  std::atomic<std::uint64_t> refused_users = 0; // connections of other users
  std::atomic<std::uint64_t> refused_crowd = 0; // connections beyond the limit
  std::atomic<std::uint64_t> timed_out = 0;     // connections closed for being slow

  void count(RequestResult result) { ++requests[static_cast<std::size_t>(result)]; }
  void count(ServiceOrigin origin) { ++origins[static_cast<std::size_t>(origin)]; }
  std::uint64_t of(RequestResult result) const {
    return requests[static_cast<std::size_t>(result)];
  }
  std::uint64_t of(ServiceOrigin origin) const { return origins[static_cast<std::size_t>(origin)]; }
};

} // namespace gemmsmith
