#include "tests/e2e/emulated_gemm.h"

#include "configs/kernel_name.h"

#include <fmt/format.h>

namespace gemmsmith {
namespace {

std::unique_ptr<WorkerPool> pool;
std::map<std::string, std::vector<std::byte>> compiled;

} // namespace

void EmulatedGemm::TearDownTestSuite() {
  pool.reset();
}

verify::GemmCase EmulatedGemm::caseOf(const Gemm &gemm) {
  const std::string name =
      fmt::format("gemm_gfx950_bf16_{}_ring_{}", toString(gemm.out_type), gemm.config);
  const Expected<KernelConfig> config = parseKernelName(name);
  EXPECT_TRUE(config) << config.error().str();
  verify::GemmCase test;
  test.config = config.value_or(KernelConfig{});
  test.splits = gemm.splits;
  test.inputs = gemm.inputs;
  test.sampled_tiles = gemm.sampled_tiles;
  test.operands = gemm.operands;
  test.problem.m = gemm.m;
  test.problem.n = gemm.n;
  test.problem.k = gemm.k;
  test.problem.lda = gemm.lda;
  test.problem.ldb = gemm.ldb;
  test.problem.ldc = gemm.ldc;
  test.problem.out_type = gemm.out_type;
  test.problem.bias = test.config.bias;
  test.problem.pointer_alignment = gemm.pointer_alignment;
  return test;
}

std::vector<std::byte> EmulatedGemm::compile(const KernelConfig &config) {
  const std::string name = kernelName(config);
  if (const auto known = compiled.find(name); known != compiled.end())
    return known->second;
  if (!pool)
    pool = std::make_unique<WorkerPool>();
  Expected<CompiledKernel> kernel = pool->compile(config).get();
  EXPECT_TRUE(kernel) << kernel.error().str();
  return compiled[name] = kernel ? std::move(kernel->code_object) : std::vector<std::byte>{};
}

verify::CaseResult EmulatedGemm::run(const verify::GemmCase &test) {
  const Expected<verify::CaseResult> result =
      verify::runCase(device_, compile(test.config), test, 2);
  EXPECT_TRUE(result) << result.error().str();
  verify::CaseResult failed;
  failed.fault = "not run";
  return result.value_or(failed);
}

void EmulatedGemm::expectGood(Gemm gemm) {
  for (const verify::Inputs inputs : {verify::Inputs::kExactIntegers, verify::Inputs::kNormal}) {
    gemm.inputs = inputs;
    const verify::GemmCase test = caseOf(gemm);
    const verify::CaseResult result = run(test);
    EXPECT_EQ(result.failure(), "") << kernelName(test.config) << ": " << test.str();
    if (gemm.sampled_tiles == 0) {
      EXPECT_EQ(result.comparison.elements, static_cast<std::uint64_t>(gemm.m * gemm.n));
    }
  }
}

} // namespace gemmsmith
