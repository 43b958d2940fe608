// A compile service, from its start to its end: `gemmsmith serve`.
//
// Promises: of all that are started for one socket, one runs. It listens once its compiler answers.
// At the end every request that had come is answered, and neither the socket's file nor a worker is
// left. A store that cannot be used costs a warning. Does not: install signal handlers.
#pragma once

#include "cache/cache_key.h"
#include "cache/entry.h"
#include "cache/store_options.h"
#include "compiler/kernel_compiler.h"
#include "configs/error.h"
#include "tools/service/metrics_server.h"
#include "tools/service/service_report.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace gemmsmith {

struct CompileServiceOptions {
  std::string version; // of Gemmsmith
  std::string socket;
  KernelCompilerOptions compiler;
  StoreOptions store;
  std::chrono::seconds idle{600}; // without a request or a compile before it leaves; 0 = never
  std::size_t max_queue = 4096;
  std::optional<MetricsAddress> metrics;
  std::string log;  // a file; empty = standard error
  int stop_fd = -1; // readable: answer what has come, and end
  // A code object that the back end made, as an entry; kInput when it is none of the key's kernel.
  std::function<Expected<Entry>(const CacheKey &, std::span<const std::byte>, Backend)> make_entry;
  std::function<void(const ServiceFacts &)> on_listening;
};

enum class ServiceEnd : std::uint8_t {
  kStopped,
  kTaken, // another has the socket; this one has done nothing
};

Expected<ServiceEnd> runService(const CompileServiceOptions &options);

} // namespace gemmsmith
