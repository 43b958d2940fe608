#include "runtime/process.h"

#include <atomic>
#include <pthread.h>

namespace gemmsmith::runtime {

namespace {

std::atomic<std::uint64_t> generation{1};

[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++generation; });

} // namespace

std::uint64_t processGeneration() noexcept {
  return generation.load(std::memory_order_relaxed);
}

} // namespace gemmsmith::runtime
