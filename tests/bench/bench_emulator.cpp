// Speed of the emulated device: a 128x128x64 bf16 GEMM with double-buffered copies straight to LDS.
//
//   bench_emulator [--object gemm_O3.co] [--size 1024] [--repetitions 5]
//
// One after the other in each repetition: one and two host threads without checks, the same with
// all checks, so that the ratios hold on a noisy machine; then each check alone. Medians. Last, a
// large product of which only some workgroups are executed.

#include "runtime/emulator/device.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace gemmsmith;
using namespace gemmsmith::emulator;

namespace {

[[noreturn]] void fail(const std::string &message) {
  fmt::print(stderr, "bench_emulator: error: {}\n", message);
  std::exit(1);
}

template <typename T> T need(Expected<T> value) {
  if (!value)
    fail(value.error().str());
  return std::move(*value);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<std::byte> readObject(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.empty())
    fail(path + " cannot be read");
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  return {bytes, bytes + text.size()};
}

// Random bf16 between -1 and 1.
std::vector<std::uint16_t> randomBf16(std::size_t count) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> values(-1, 1);
  std::vector<std::uint16_t> result(count);
  for (auto &v : result)
    v = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(values(random)) >> 16);
  return result;
}

// Seconds of one launch of C[n,n] = A[n,n] * B[n,n]^T.
class Gemm {
public:
  Gemm(const std::vector<std::byte> &object, std::int32_t n, int threads, const Checks &checks)
      : device_({.threads = threads, .checks = checks, .instruction_limit = 0}), n_(n) {
    module_ = need(device_.load(object));
    const auto size = static_cast<std::size_t>(n);
    const std::vector<std::uint16_t> values = randomBf16(size * size);
    const DevicePointer c = need(device_.allocate(size * size * 2));
    for (int operand = 0; operand < 2; ++operand) {
      const DevicePointer p = need(device_.allocate(size * size * 2));
      if (auto done = device_.write(p, std::as_bytes(std::span(values))); !done)
        fail(done.error().str());
      std::memcpy(arguments_.data() + 8 * (operand + 1), &p, sizeof p);
    }
    std::memcpy(arguments_.data(), &c, sizeof c);
    for (int extent = 0; extent < 3; ++extent)
      std::memcpy(arguments_.data() + 24 + 4 * extent, &n, sizeof n);
  }

  LaunchStatistics run(const std::vector<std::uint64_t> &workgroups = {}) {
    LaunchParameters p;
    const auto tiles = static_cast<std::uint32_t>((n_ + 127) / 128);
    p.grid = {tiles, tiles};
    p.block = {256};
    p.arguments = arguments_;
    p.workgroups = workgroups;
    return need(device_.launch(*module_, "gemm_128x128x64", p));
  }

private:
  Device device_;
  std::shared_ptr<const Module> module_;
  std::int32_t n_;
  std::vector<std::byte> arguments_ = std::vector<std::byte>(36);
};

} // namespace

int main(int argc, char **argv) {
  std::string path = BENCH_OBJECT;
  int n = 1024, repetitions = 5;
  CLI::App app("Times the emulated MI355X on a GEMM.");
  app.add_option("--object", path, "Code object with the kernel gemm_128x128x64");
  app.add_option("--size", n, "M, N and K, a multiple of 64")->check(CLI::Range(64, 8192));
  app.add_option("--repetitions", repetitions)->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  const std::vector<std::byte> object = readObject(path);

  struct Series {
    std::string name;
    int threads;
    Checks checks;
    std::vector<double> seconds;
  };
  std::vector<Series> series = {{"checks off", 1, Checks::none(), {}},
                                {"checks off", 2, Checks::none(), {}},
                                {"all checks", 1, Checks(), {}},
                                {"all checks", 2, Checks(), {}}};
  for (std::size_t c = 0; c < kCheckCount; ++c) {
    const auto check = static_cast<Check>(c);
    series.push_back({fmt::format("only {}", name(check)), 1, Checks::none().with(check), {}});
  }
  LaunchStatistics statistics;
  for (int r = 0; r < repetitions; ++r)
    for (Series &s : series) {
      Gemm gemm(object, n, s.threads, s.checks);
      statistics = gemm.run();
      s.seconds.push_back(statistics.seconds);
    }
  fmt::print("{0}x{0}x{0}, {1} wave instructions, {2:.2f} GFLOP of MFMA, medians of {3}\n", n,
             statistics.wave_instructions, static_cast<double>(statistics.mfma_flops) / 1e9,
             repetitions);
  fmt::print("{:<22} {:>7} {:>9} {:>12} {:>11} {:>8}\n", "", "threads", "seconds", "Minstr/s",
             "GFLOP/s", "ratio");
  const double base = median(series[0].seconds);
  for (const Series &s : series) {
    const double seconds = median(s.seconds);
    fmt::print("{:<22} {:>7} {:>9.3f} {:>12.2f} {:>11.2f} {:>8.2f}\n", s.name, s.threads, seconds,
               static_cast<double>(statistics.wave_instructions) / seconds / 1e6,
               static_cast<double>(statistics.mfma_flops) / seconds / 1e9, seconds / base);
  }
  fmt::print("two threads are {:.2f} times as fast without checks, {:.2f} times with all\n",
             base / median(series[1].seconds),
             median(series[2].seconds) / median(series[3].seconds));

  Gemm large(object, 4 * n, 2, Checks());
  const std::uint64_t tiles = static_cast<std::uint64_t>(4 * n + 127) / 128;
  std::vector<std::uint64_t> sample;
  for (std::uint64_t w = 0; w < 16; ++w)
    sample.push_back(w * (tiles * tiles - 1) / 15);
  statistics = large.run(sample);
  fmt::print("{0}x{0}x{0}, {1} of {2} workgroups, two threads, all checks: {3:.3f} s\n", 4 * n,
             sample.size(), tiles * tiles, statistics.seconds);
}
