// Times of the compile service: starting it, the first kernel through it, warm ones, ones that its
// store has, and a whole table that it has to compile.
//
//   bench_service [--table TABLE.csv] [--workers 2] [--repetitions 5]
//
// Everything lies in a directory of its own in $TMPDIR. A cold table is requested by as many
// threads as gs_prepare_tables() has, and compared with `gemmsmith build -j WORKERS` of the same
// table without a store, run right after it: both compile every kernel once with as many workers.

#include "cache/disk_store.h"
#include "compiler/temporary_directory.h"
#include "configs/kernel_name.h"
#include "runtime/service/service_client.h"
#include "tests/bench/run_process.h"
#include "tools/gemmsmith/build_plan.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace gemmsmith;

namespace {

constexpr std::size_t kThreads = 32;

template <typename T> T need(Expected<T> result) {
  if (!result) {
    fmt::print(stderr, "bench_service: error: {}\n", result.error().str());
    std::exit(1);
  }
  return std::move(*result);
}

void need(const Expected<void> &result) {
  if (!result)
    (void)need(Expected<int>(tl::unexpected(result.error())));
}

double milliseconds(const std::function<void()> &work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void row(const char *what, std::vector<double> times) {
  std::ranges::sort(times);
  fmt::print("{:<40} {:>9.2f} {:>9.2f} {:>9.2f}\n", what, times.front(), times[times.size() / 2],
             times.back());
}

// One service with a store of its own, stopped at the end.
class Bench {
public:
  Bench(std::string program, std::string root, int workers)
      : program_(std::move(program)), root_(std::move(root)), workers_(workers) {}

  std::string socket() const { return root_ + "/socket/service.sock"; }

  // With an empty store and without a service.
  void begin() {
    stop();
    std::filesystem::remove_all(root_ + "/store");
    ::setenv("GEMMSMITH_CACHE_DIR", (root_ + "/store").c_str(), 1);
    client_ =
        std::make_unique<ServiceClient>(ServiceOptions{.socket = socket(), .program = program_});
  }
  // As begin(), and with a service of so many workers.
  void beginStarted() {
    begin();
    need(runProcess({program_, "serve", "--background", "--socket", socket(), "--workers",
                     std::to_string(workers_)}));
  }
  ServiceAnswer compile(const KernelConfig &config) {
    return need(client_->compile(config, toString(config.target), false));
  }
  // The kernels, by several threads at a time.
  void compileAll(const std::vector<KernelConfig> &configs) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(kThreads, configs.size()); ++i)
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < configs.size(); at = next++)
          compile(configs[at]);
      });
  }
  void stop() {
    if (!client_ || !client_->status())
      return;
    client_.reset();
    need(runProcess({program_, "serve", "--stop", "--socket", socket()}));
  }

private:
  std::string program_;
  std::string root_;
  int workers_;
  std::unique_ptr<ServiceClient> client_;
};

} // namespace

int main(int argc, char **argv) {
  std::string table = BENCH_TABLE;
  std::string program = BENCH_PROGRAM;
  int workers = 2;
  int repetitions = 5;
  CLI::App app("Times of the compile service");
  app.add_option("--table", table, "Table to compile")->capture_default_str();
  app.add_option("--gemmsmith", program, "The command line")->capture_default_str();
  app.add_option("--workers", workers, "Of the service and of the build")->capture_default_str();
  app.add_option("--repetitions", repetitions)->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const BuildPlan plan = need(planBuild({.tables = {table}}));
  std::vector<KernelConfig> configs;
  for (const auto &[name, config] : plan.kernels)
    configs.push_back(config);
  const TemporaryDirectory directory = need(TemporaryDirectory::create());
  ::setenv("GEMMSMITH_CACHE", "rw", 1);
  Bench bench(program, directory.path(), workers);

  std::vector<double> first, second, stored, cold, built, ratio;
  for (int i = 0; i < repetitions; ++i) {
    bench.begin();
    first.push_back(milliseconds([&] { bench.compile(configs.front()); }));
    second.push_back(milliseconds([&] { bench.compile(configs.back()); }));
    stored.push_back(milliseconds([&] { bench.compile(configs.front()); }));
    bench.beginStarted();
    cold.push_back(milliseconds([&] { bench.compileAll(configs); }));
    bench.stop();
    built.push_back(milliseconds([&] {
      need(runProcess({program, "build", table, "-j", std::to_string(workers), "--no-cache", "-o",
                       directory.path() / ("out" + std::to_string(i))}));
    }));
    ratio.push_back(cold.back() / built.back());
  }
  bench.stop();
  fmt::print("{:<40} {:>9} {:>9} {:>9}\n", "milliseconds", "least", "median", "most");
  row("service started, first kernel compiled", first);
  row("one more kernel, service warm", second);
  row("a kernel that its store has", stored);
  row(fmt::format("cold table, {} kernels", configs.size()).c_str(), cold);
  row("the same by gemmsmith build", built);
  row("service / build, ratio", ratio);
  return 0;
}
