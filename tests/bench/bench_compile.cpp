// Cold compile times: our code objects beside clang -O3 on a hand-written HIP kernel of the same
// tile.
//
//   bench_compile --reference reference_gemm.hip --clang clang-22 [--table T.csv] [--repetitions N]
//
// Per tile and repetition, one after the other: our compile in a warm worker, clang on the
// reference, clang on an empty kernel (what its process costs by itself). Nothing is cached: every
// compile does all of its work. Then the first compile of a fresh worker, and the whole table in
// two fresh workers.
//
// Where a hiprtc is found that knows gfx950 (GEMMSMITH_ROCM_ROOT, say), the same tiles by it, side
// by side: from configuration to code object by the embedded LLVM and by hiprtc, and our source
// with hiprtc's default options, which parse its own header and link the device libraries.

#include "compiler/hiprtc/hiprtc_finder.h"
#include "compiler/kernel_compiler.h"
#include "configs/kernel_name.h"
#include "tests/bench/run_process.h"
#include "tests/support/temporary_folder.h"
#include "tools/gemmsmith/build_plan.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <vector>

using namespace gemmsmith;

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

[[noreturn]] void fail(const std::string &message) {
  fmt::print(stderr, "bench_compile: error: {}\n", message);
  std::exit(1);
}

struct Options {
  std::string reference = "tests/bench/reference_gemm.hip";
  std::string clang = "clang-22";
  std::string table;
  int repetitions = 7;
  bool quick = false; // one small tile only
};

// Tiles of the public tables, and 256x256x64.
std::vector<KernelConfig> benchedConfigs(const Options &options) {
  std::vector<KernelConfig> configs;
  for (const char *tile :
       {"t16x64x64_s8_w1x2x1", "t16x64x128_s5_w1x2x1_splitk", "t16x64x128_s7_w1x1x2_splitk",
        "t32x64x128_s4_w1x4x1_splitk", "t64x64x128_s5_w2x2x2_splitk", "t128x128x64_s4_w2x4x1",
        "t256x128x64_s3_w4x2x1", "t256x256x64_s2_w2x4x1_gm4"}) {
    const auto config = parseKernelName(fmt::format("gemm_gfx950_bf16_bf16_ring_{}", tile));
    if (!config)
      fail(config.error().str());
    configs.push_back(*config);
    if (options.quick)
      break;
  }
  return configs;
}

// Wall clock of one clang process that compiles `source`.
double clangSeconds(const Options &options, const std::string &source, const std::string &output,
                    const std::vector<std::string> &definitions) {
  std::vector<std::string> command = {options.clang,
                                      "-x",
                                      "hip",
                                      "--offload-arch=gfx950",
                                      "--cuda-device-only",
                                      "-nogpulib",
                                      "-nogpuinc",
                                      "--no-gpu-bundle-output",
                                      "-O3",
                                      "-c",
                                      source,
                                      "-o",
                                      output};
  command.insert(command.end(), definitions.begin(), definitions.end());
  const Clock::time_point start = Clock::now();
  const Expected<void> done = runProcess(command);
  if (!done)
    fail(done.error().str());
  return secondsSince(start);
}

// The reference kernel knows no slice-K: its waves along K stand side by side in N, where 16
// columns are the least a wave can have.
std::vector<std::string> referenceDefinitions(const KernelConfig &config) {
  int waves_m = config.waves.m;
  int waves_n = config.waves.n;
  for (int left = config.waves.k; left > 1; left /= 2) {
    if (config.tile.n % (waves_n * 2 * 16) == 0)
      waves_n *= 2;
    else
      waves_m *= 2;
  }
  return {"-DKERNEL=" + kernelName(config),          fmt::format("-DTILE_M={}", config.tile.m),
          fmt::format("-DTILE_N={}", config.tile.n), fmt::format("-DTILE_K={}", config.tile.k),
          fmt::format("-DWAVES_M={}", waves_m),      fmt::format("-DWAVES_N={}", waves_n)};
}

double ourSeconds(WorkerPool &pool, const KernelConfig &config) {
  const Expected<CompiledKernel> kernel = pool.compile(config).get();
  if (!kernel)
    fail(kernel.error().str());
  return kernel->seconds;
}

void benchTiles(const Options &options, const std::filesystem::path &work) {
  const std::string empty = work / "empty.hip";
  std::ofstream(empty) << "extern \"C\" __attribute__((global)) void empty() {}\n";
  const std::string output = work / "reference.co";

  fmt::print("medians of {} compiles each, one at a time; ms\n", options.repetitions);
  fmt::print("{:<38} {:>8} {:>10} {:>7} {:>22}\n", "tile", "ours", "clang -O3", "ratio",
             "clang without process");
  WorkerPool pool({.workers = 1});
  for (const KernelConfig &config : benchedConfigs(options)) {
    ourSeconds(pool, config); // starts the worker and touches its pages
    std::vector<double> ours;
    std::vector<double> clang;
    std::vector<double> process;
    for (int i = 0; i < options.repetitions; ++i) {
      ours.push_back(ourSeconds(pool, config));
      clang.push_back(
          clangSeconds(options, options.reference, output, referenceDefinitions(config)));
      process.push_back(clangSeconds(options, empty, output, {}));
    }
    const double compile_only = median(clang) - median(process);
    const std::string name = kernelName(config);
    fmt::print("{:<38} {:>8.1f} {:>10.1f} {:>7.3f} {:>10.1f} (ratio {:.3f})\n",
               name.substr(name.find("_t") + 1), median(ours) * 1e3, median(clang) * 1e3,
               median(ours) / median(clang), compile_only * 1e3, median(ours) / compile_only);
    std::fflush(stdout);
  }

  std::vector<double> first;
  for (int i = 0; i < options.repetitions; ++i) {
    const Clock::time_point start = Clock::now();
    WorkerPool fresh({.workers = 1});
    ourSeconds(fresh, benchedConfigs(options).front());
    first.push_back(secondsSince(start));
  }
  fmt::print("first compile of a fresh worker, process included: {:.1f} ms\n", median(first) * 1e3);
}

double defaultOptionsSeconds(WorkerPool &pool, const std::string &library, const std::string &name,
                             const std::vector<std::byte> &source) {
  std::promise<Expected<WorkerResponse>> promise;
  pool.submit({.op = WorkerOp::kCompileHip,
               .payload = source,
               .library = library,
               .target = "gfx950",
               .name = name,
               .with_headers = true},
              [&](Expected<WorkerResponse> response) { promise.set_value(std::move(response)); });
  const Expected<WorkerResponse> response = promise.get_future().get();
  if (!response)
    fail(response.error().str());
  return response->seconds;
}

double seconds(KernelCompiler &compiler, const KernelConfig &config) {
  const Expected<CompiledKernel> kernel = compiler.compile(config).get();
  if (!kernel)
    fail(kernel.error().str());
  return kernel->seconds;
}

void benchHiprtc(const Options &options) {
  auto llvm = KernelCompiler::start({.backend = Backend::kLlvm, .workers = 1});
  auto hiprtc = KernelCompiler::start({.backend = Backend::kHiprtc, .workers = 1});
  if (!hiprtc) {
    fmt::print("hiprtc: not measured: {}\n", hiprtc.error().str());
    return;
  }
  const std::string library = (*hiprtc)->choice().hiprtc->library;
  WorkerPool with_headers(hiprtcPoolOptions(1));
  fmt::print("{}\nmedians of {} compiles each in warm workers, one at a time; ms\n"
             "{:<38} {:>8} {:>8} {:>16} {:>22}\n",
             (*hiprtc)->choice().str(), options.repetitions, "tile", "LLVM", "hiprtc",
             "default options", "hiprtc / default");
  for (const KernelConfig &config : benchedConfigs(options)) {
    const std::string name = kernelName(config);
    const auto text = (*llvm)->generator().printStage(config, Stage::kHip).get();
    if (!text)
      fail(text.error().str());
    const auto *begin = reinterpret_cast<const std::byte *>(text->data());
    const std::vector<std::byte> source(begin, begin + text->size());
    std::vector<double> by_llvm, by_hiprtc, by_default;
    for (int i = -1; i < options.repetitions; ++i) { // the first starts workers and loads libraries
      const double times[] = {seconds(**llvm, config), seconds(**hiprtc, config),
                              defaultOptionsSeconds(with_headers, library, name, source)};
      if (i < 0)
        continue;
      by_llvm.push_back(times[0]);
      by_hiprtc.push_back(times[1]);
      by_default.push_back(times[2]);
    }
    fmt::print("{:<38} {:>8.1f} {:>8.1f} {:>16.1f} {:>22.3f}\n", name.substr(name.find("_t") + 1),
               median(by_llvm) * 1e3, median(by_hiprtc) * 1e3, median(by_default) * 1e3,
               median(by_hiprtc) / median(by_default));
    std::fflush(stdout);
  }
}

void benchTable(const Options &options) {
  const Expected<BuildPlan> plan = planBuild({.tables = {options.table}});
  if (!plan)
    fail(plan.error().str());
  const Clock::time_point start = Clock::now();
  WorkerPool pool({.workers = 2});
  std::vector<std::future<Expected<CompiledKernel>>> kernels;
  for (const auto &[name, config] : plan->kernels)
    kernels.push_back(pool.compile(config));
  std::vector<double> seconds;
  for (auto &kernel : kernels) {
    const Expected<CompiledKernel> done = kernel.get();
    if (!done)
      fail(done.error().str());
    seconds.push_back(done->seconds);
  }
  fmt::print("{}: {} rows, {} kernels, 2 fresh workers: {:.2f} s; per kernel median {:.1f} ms, "
             "longest {:.1f} ms\n",
             std::filesystem::path(options.table).filename().string(), plan->rows.size(),
             plan->kernels.size(), secondsSince(start), median(seconds) * 1e3,
             std::ranges::max(seconds) * 1e3);
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Cold compile times beside clang -O3", "bench_compile");
  app.add_option("--reference", options.reference, "The HIP reference kernel")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  app.add_option("--clang", options.clang, "clang 22")->capture_default_str();
  app.add_option("--table", options.table, "Also compile all kernels of this tuned table")
      ->check(CLI::ExistingFile);
  app.add_option("--repetitions", options.repetitions, "Compiles per median")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--quick", options.quick, "One tile only");
  CLI11_PARSE(app, argc, argv);

  benchTiles(options, TemporaryFolder().path());
  benchHiprtc(options);
  if (!options.table.empty())
    benchTable(options);
  return 0;
}
