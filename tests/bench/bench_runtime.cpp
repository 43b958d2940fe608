// What a prepared gs_gemm() costs up to the HIP launch, with a HIP that does nothing.
//
// Times are CPU times of a thread, so that threads beyond the cores do not count waiting. Every
// allocation of the process is counted, whoever makes it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <gemmsmith.h>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<std::uint64_t> allocations{0};

} // namespace

#ifndef __SANITIZE_ADDRESS__ // whose allocator these would be in the way of
extern "C" {
void *__libc_malloc(std::size_t bytes);
void *__libc_calloc(std::size_t count, std::size_t bytes);
void *__libc_realloc(void *memory, std::size_t bytes);

void *malloc(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
void *calloc(std::size_t count, std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, bytes);
}
void *realloc(void *memory, std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, bytes);
}
}
#endif

namespace {

struct Options {
  std::uint64_t calls = 2'000'000; // per thread
  int repetitions = 5;
};

void check(gs_status status) {
  if (status == GS_SUCCESS)
    return;
  fmt::print(stderr, "{}\n", gs_last_error());
  std::exit(1);
}

double threadNanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Case {
  const char *name;
  gs_problem problem;
};

struct Figures {
  double nanoseconds = 0; // per call; the slowest thread's
  std::uint64_t allocations = 0;
};

// `threads` threads, each with a stream of its own, launch the same problem.
Figures run(gs_context *context, const gs_problem &problem, int threads, std::uint64_t calls) {
  alignas(256) static std::byte operand[256];
  gs_pointers pointers{};
  pointers.a = pointers.b = pointers.c = operand;
  std::vector<double> times(static_cast<std::size_t>(threads));
  std::latch warm(threads + 1), start(1), done(threads), leave(1);
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      const auto stream = reinterpret_cast<gs_stream>(std::uintptr_t{0x1000} * (i + 1u));
      check(gs_gemm(context, &problem, &pointers, stream));
      warm.arrive_and_wait();
      start.wait();
      const double begin = threadNanoseconds();
      for (std::uint64_t call = 0; call < calls; ++call)
        if (gs_gemm(context, &problem, &pointers, stream) != GS_SUCCESS)
          std::abort();
      times[static_cast<std::size_t>(i)] = threadNanoseconds() - begin;
      done.count_down();
      leave.wait();
    });
  warm.arrive_and_wait();
  const std::uint64_t before = allocations;
  start.count_down();
  done.wait();
  const std::uint64_t after = allocations;
  leave.count_down();
  workers.clear();
  return {std::ranges::max(times) / static_cast<double>(calls), after - before};
}

void measure(gs_context *context, const Case &test, int threads, const Options &options) {
  std::vector<double> times;
  std::uint64_t allocated = 0;
  for (int i = 0; i < options.repetitions; ++i) {
    const Figures figures = run(context, test.problem, threads, options.calls);
    times.push_back(figures.nanoseconds);
    allocated += figures.allocations;
  }
  std::ranges::sort(times);
  fmt::print("{:<10} {:>7} {:>13.1f} {:>9.1f} {:>9.1f} {:>12}\n", test.name, threads,
             times[times.size() / 2], times.front(), times.back(), allocated);
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Times prepared calls with a HIP that does nothing");
  app.add_option("--calls", options.calls, "Calls per thread and repetition");
  app.add_option("--repetitions", options.repetitions, "Repetitions; the median is told");
  CLI11_PARSE(app, argc, argv);

  gs_options context_options{};
  context_options.size = sizeof context_options;
  context_options.device = GS_DEVICE_HIP;
  context_options.hip_library = NULL_HIP;
  context_options.cache = "off";
  context_options.service = "off";
  context_options.objects = LIBRARY_OBJECTS;
  context_options.tables = LIBRARY_TABLE;
  gs_context *context = nullptr;
  check(gs_context_create(&context_options, &context));

  Case plain{"plain", {}}, split{"split-K", {}};
  plain.problem.m = split.problem.m = 16;
  plain.problem.n = split.problem.n = 128;
  plain.problem.k = 256;
  split.problem.k = 512;
  fmt::print("{:<10} {:>7} {:>13} {:>9} {:>9} {:>12}\n", "kernel", "threads", "ns (median)",
             "least", "most", "allocations");
  for (const Case &test : {plain, split})
    for (const int threads : {1, 8})
      measure(context, test, threads, options);
  gs_context_destroy(context);
}
