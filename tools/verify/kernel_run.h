// One verification: a kernel, a problem and inputs, run on the emulated device and judged.
//
// Promises: C and the workspace's partial tiles are unwritten before each launch, the padding of A
// and B rows is NaN, and nothing lies behind the last element of an operand. The kernel runs twice,
// the second time with the workgroups in reverse order and the workspace counters as the first run
// left them. Every element that should have been written is compared with the float64 reference;
// whatever else was written is counted.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "runtime/emulator/device.h"
#include "tools/verify/compare.h"
#include "tools/verify/inputs.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gemmsmith::verify {

struct GemmCase {
  KernelConfig config;
  Problem problem;
  int splits = 1;
  Inputs inputs = Inputs::kExactIntegers;
  std::uint64_t seed = 1;
  // Output tiles to execute, with all their splits: the first, the last and random ones between.
  // 0 = all of them.
  std::int64_t sampled_tiles = 0;
  // Operands of the test's own, dense and of the problem's sizes; null = made from `inputs` and
  // `seed`. `inputs` still says which criterion applies.
  std::shared_ptr<const Operands> operands;

  // "m=17 n=70 k=200 splits=4 lda=208, exact integers, seed 1"
  std::string str() const;
};

struct CaseResult {
  std::string fault; // why a launch stopped, as the device says; empty if both ran to their end
  Comparison comparison;
  std::int64_t tiles = 0;                // executed
  std::int64_t tiles_written = 0;        // of C, at least in part
  std::uint64_t unwritten = 0;           // elements of executed tiles that nobody wrote
  std::uint64_t stray_bytes = 0;         // bytes of C outside its elements that were written
  std::uint64_t differing = 0;           // elements whose bits differ between the two runs
  std::uint64_t counters_left = 0;       // workspace counters that are not zero after a run
  std::uint64_t output_hash = 0;         // XXH3-64 of C's executed part after the first run
  emulator::LaunchStatistics statistics; // of both runs together

  bool passed() const { return failure().empty(); }
  // The first thing that is wrong, as a sentence; empty if nothing is.
  std::string failure() const;
};

// Runs `test` with the kernel in `code_object`. Errors are of the request: a problem that the
// configuration cannot serve, inputs that cannot be exact, a code object that does not load.
// Faults and wrong results are a CaseResult. `threads` is for the reference; the device has its
// own.
Expected<CaseResult> runCase(emulator::Device &device, std::span<const std::byte> code_object,
                             const GemmCase &test, int threads = 1);

} // namespace gemmsmith::verify
