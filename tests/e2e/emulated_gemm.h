// Whole kernels, from configuration to numbers: compiled by a worker, run on the emulated device.
#pragma once

#include "compiler/worker_pool.h"
#include "tools/verify/kernel_run.h"

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gemmsmith {

// A GEMM to try. Leading strides of 0 are dense.
struct Gemm {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::string config; // the end of a kernel name: "t16x64x64_s3_w1x2x1_splitk"
  int splits = 1;
  DataType out_type = DataType::kBf16;
  std::int64_t lda = 0;
  std::int64_t ldb = 0;
  std::int64_t ldc = 0;
  int pointer_alignment = 16;
  verify::Inputs inputs = verify::Inputs::kExactIntegers;
  std::int64_t sampled_tiles = 0;
  std::shared_ptr<const verify::Operands> operands = nullptr; // null = made from `inputs`
};

class EmulatedGemm : public testing::Test {
protected:
  static void TearDownTestSuite(); // ends the workers

  static verify::GemmCase caseOf(const Gemm &gemm);

  // The code object, compiled once in this process; fails the test if it does not compile.
  static std::vector<std::byte> compile(const KernelConfig &config);

  verify::CaseResult run(const verify::GemmCase &test);
  verify::CaseResult run(const Gemm &gemm) { return run(caseOf(gemm)); }

  // Expects that the kernel passes, on exact integers and on normal numbers.
  void expectGood(Gemm gemm);

  emulator::Device device_;
};

} // namespace gemmsmith
