// What a compile service says of itself: to `gemmsmith serve --status`, and to Prometheus.
#pragma once

#include "cache/store_options.h"
#include "tools/service/service_counters.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace gemmsmith {

// What does not change while it runs.
struct ServiceFacts {
  pid_t pid = 0;
  std::string version;
  std::string socket;
  std::chrono::system_clock::time_point started;
  std::string backend;  // "llvm" or "hiprtc"
  std::string compiler; // which, and why that, for people
  std::string identity; // KernelCompiler::identity()
  int workers = 0;
  std::size_t max_queue = 0;
  std::chrono::seconds idle{0};
  std::string metrics; // "127.0.0.1:9090"; empty = none
  StoreOptions store;
};

struct ServiceReport {
  const ServiceFacts &facts;
  const ServiceCounters &counters;
  std::size_t jobs = 0;   // unanswered
  std::size_t queued = 0; // of which nobody works on yet
};

// A JSON object, "schema": "gemmsmith-service-status-1".
std::string statusJson(const ServiceReport &report);

// The text exposition format, version 0.0.4.
std::string metricsText(const ServiceReport &report);

} // namespace gemmsmith
