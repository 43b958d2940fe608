// Both ways from the low-level IR to a code object give the same bits: LLVM in our worker, and the
// HIP C++ source in another compiler. That is clang alone, and hiprtc where a root of
// tools/rocm-sysroot.sh is given by GEMMSMITH_ROCM_ROOT.

#include "tests/e2e/emulated_gemm.h"

#include "compiler/kernel_compiler.h"
#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "runtime/code_object.h"
#include "tests/bench/run_process.h"
#include "tests/support/temporary_folder.h"
#include "tools/gemmsmith/object_file.h"
#include "tools/gemmsmith/resource_view.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

struct BackendCase {
  const char *name;
  Gemm gemm;
};
void PrintTo(const BackendCase &c, std::ostream *out) {
  *out << c.name;
}

// Every operation that a tile program lowers to, in at least one of them.
const BackendCase kCases[] = {
    {"Plain", {.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"}},
    {"OneWave", {.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s2_w1x1x1"}},
    {"Bias", {.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1_bias"}},
    {"SinglePrecisionOut",
     {.m = 33, .n = 70, .k = 200, .config = "t32x64x64_s3_w2x2x1", .out_type = DataType::kF32}},
    {"ColumnsThatAreNoMultipleOfFour",
     {.m = 17, .n = 71, .k = 200, .config = "t16x64x64_s3_w1x2x1"}},
    {"UnalignedRows",
     {.m = 17, .n = 70, .k = 201, .config = "t16x64x64_s3_w1x2x1_elem", .pointer_alignment = 2}},
    {"SliceK", {.m = 40, .n = 75, .k = 456, .config = "t32x64x128_s3_w1x1x4"}},
    {"SplitK", {.m = 40, .n = 140, .k = 904, .config = "t32x64x128_s3_w1x4x1_splitk", .splits = 3}},
    {"SplitAndSliceKWithBias",
     {.m = 20, .n = 70, .k = 1504, .config = "t16x64x128_s7_w1x1x2_splitk_bias", .splits = 5}},
    {"GroupedTiles", {.m = 300, .n = 260, .k = 136, .config = "t64x64x64_s3_w2x2x1_gm4"}},
    {"LargeTile", {.m = 260, .n = 270, .k = 136, .config = "t256x256x64_s2_w2x4x1_gm4"}},
    {"TileWidthThatIsNoPowerOfTwo",
     {.m = 90, .n = 130, .k = 200, .config = "t80x128x64_s3_w1x2x1"}},
    {"CachePolicies", {.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1_cant_cbsc1"}},
};

class Backends : public EmulatedGemm, public testing::WithParamInterface<BackendCase> {
protected:
  static void SetUpTestSuite() {
    auto started = KernelCompiler::start({.backend = Backend::kLlvm, .workers = 1});
    ASSERT_TRUE(started) << started.error().str();
    llvm_ = std::move(*started);
  }
  static void TearDownTestSuite() {
    llvm_.reset();
    EmulatedGemm::TearDownTestSuite();
  }

  void SetUp() override {
    gemm_ = GetParam().gemm;
    config_ = caseOf(gemm_).config;
  }

  std::string source() {
    const Expected<std::string> text = llvm_->generator().printStage(config_, Stage::kHip).get();
    EXPECT_TRUE(text) << text.error().str();
    return text.value_or("");
  }

  void runClang(const std::string &source, const std::vector<std::string> &options) {
    const std::string input = work_ / "kernel.hip";
    std::ofstream(input) << source;
    std::vector<std::string> command{CLANG,
                                     "-x",
                                     "hip",
                                     "--offload-arch=gfx950",
                                     "-nogpulib",
                                     "-nogpuinc",
                                     "-O3",
                                     "-Wall",
                                     "-Wextra",
                                     "-Werror",
                                     "-Wno-builtin-macro-redefined",
                                     "-c",
                                     input};
    command.insert(command.end(), options.begin(), options.end());
    const Expected<void> done = runProcess(command);
    EXPECT_TRUE(done) << done.error().str();
  }

  // What clang makes of the source by itself, with no more options than the source's own comment.
  std::vector<std::byte> compileWithClang(const std::string &source) {
    const std::string output = work_ / "kernel.co";
    runClang(source, {"--cuda-device-only", "--no-gpu-bundle-output", "-o", output});
    const auto bytes = readObjectFile(output);
    EXPECT_TRUE(bytes) << bytes.error().str();
    return bytes.value_or(std::vector<std::byte>());
  }

  ResourceView view(const std::vector<std::byte> &code_object) {
    const auto summary = summarizeObject(code_object);
    EXPECT_TRUE(summary) << summary.error().str();
    const auto disassembly = llvm_->generator().disassemble(code_object).get();
    EXPECT_TRUE(disassembly) << disassembly.error().str();
    return viewResources(summary.value_or(ObjectSummary()), disassembly.value_or(""),
                         std::int64_t{config_.tile.m} * config_.tile.n);
  }

  // Whether the workgroup's write-back is waited for before it counts itself in, or there is none.
  bool releasesBeforeItCounts(const std::vector<std::byte> &code_object) {
    const std::string text = llvm_->generator().disassemble(code_object).get().value_or("");
    const auto release = text.find("buffer_wbl2 sc1");
    const auto count = text.find("global_atomic_add");
    if (release == text.npos || count == text.npos)
      return release == count && config_.split == Split::kNone;
    return release < count &&
           text.substr(release, count - release).find("s_waitcnt vmcnt(0)") != text.npos;
  }

  // The vmcnt of each wait in the loop that has one: "vmcnt(10)".
  std::vector<std::string> copyWaits(const std::vector<std::byte> &code_object,
                                     const LoopMix &loop) {
    std::vector<std::string> waits;
    const auto disassembly = llvm_->generator().disassemble(code_object).get();
    for (const Instruction &i : parseDisassembly(disassembly.value_or(""))) {
      const auto at = i.operands.find("vmcnt");
      if (i.address >= loop.begin && i.address < loop.end && i.mnemonic == "s_waitcnt" &&
          at != std::string::npos)
        waits.push_back(i.operands.substr(at, i.operands.find(')', at) + 1 - at));
    }
    return waits;
  }

  verify::CaseResult run(const std::vector<std::byte> &code_object, verify::Inputs inputs) {
    verify::GemmCase test = caseOf(gemm_);
    test.inputs = inputs;
    const auto result = verify::runCase(device_, code_object, test);
    EXPECT_TRUE(result) << result.error().str();
    if (!result)
      return {};
    EXPECT_EQ(result->failure(), "");
    return *result;
  }

  // The same bits of C, NaN and infinities included, and the same work in the main loop.
  void expectSame(const std::vector<std::byte> &other) {
    ASSERT_FALSE(other.empty());
    const std::vector<std::byte> ours = compile(config_);
    for (const verify::Inputs inputs :
         {verify::Inputs::kExactIntegers, verify::Inputs::kNormal, verify::Inputs::kSpecial})
      EXPECT_EQ(run(other, inputs).output_hash, run(ours, inputs).output_hash);

    EXPECT_TRUE(releasesBeforeItCounts(ours));
    EXPECT_TRUE(releasesBeforeItCounts(other));
    const ResourceView a = view(ours), b = view(other);
    EXPECT_EQ(b.kernel, kernelName(config_));
    EXPECT_FALSE(b.resources.spills());
    EXPECT_EQ(b.resources.lds_bytes, a.resources.lds_bytes);
    ASSERT_TRUE(a.loop && b.loop);
    for (const InstructionClass c :
         {InstructionClass::kMfma, InstructionClass::kLds, InstructionClass::kVmem,
          InstructionClass::kBarrier, InstructionClass::kBranch})
      EXPECT_EQ((*b.loop)[c], (*a.loop)[c]) << toString(c);
    // Other waits differ where LLVM's passes order the reads of fragments in another way; those for
    // copies are ours, and one more would undo the pipelining.
    if (config_.alignment == RowAlignment::k16Bytes) {
      EXPECT_EQ(copyWaits(other, *b.loop), copyWaits(ours, *a.loop));
    }
    EXPECT_EQ(b.loop->global_to_lds_bytes, a.loop->global_to_lds_bytes);
    EXPECT_EQ(b.loop->lds_read_bytes, a.loop->lds_read_bytes);
  }

  static inline std::unique_ptr<KernelCompiler> llvm_;
  const TemporaryFolder folder_;
  const fs::path work_ = folder_.path();
  Gemm gemm_;
  KernelConfig config_;
};

TEST_P(Backends, ClangGivesTheSameBits) {
  expectSame(compileWithClang(source()));
}

TEST_P(Backends, SourceIsAWholeHipFileForHostAndDevice) {
  runClang(source(), {"-o", work_ / "kernel.o"});
  EXPECT_TRUE(fs::exists(work_ / "kernel.o"));
}

TEST_P(Backends, SourcesOfTwoKernelsFitIntoOneFile) {
  const Expected<std::string> other =
      llvm_->generator()
          .printStage(*parseKernelName("gemm_gfx950_bf16_bf16_ring_t16x64x64_s4_w1x2x1"),
                      Stage::kHip)
          .get();
  ASSERT_TRUE(other) << other.error().str();
  runClang(*other + source(), {"-o", work_ / "kernels.o"});
}

// As an older compiler would see the source.
TEST_P(Backends, TheAlternativesToNewBuiltinsGiveTheSameBits) {
  expectSame(compileWithClang("#undef __has_builtin\n#define __has_builtin(x) 0\n" + source()));
}

TEST_P(Backends, HiprtcGivesTheSameBits) {
  if (std::getenv("GEMMSMITH_ROCM_ROOT") == nullptr)
    GTEST_SKIP() << "no ROCm: GEMMSMITH_ROCM_ROOT names no root of tools/rocm-sysroot.sh";
  const auto hiprtc = KernelCompiler::start({.backend = Backend::kHiprtc, .workers = 1});
  ASSERT_TRUE(hiprtc) << hiprtc.error().str();
  const auto kernel = (*hiprtc)->compile(config_).get();
  ASSERT_TRUE(kernel) << kernel.error().str();
  expectSame(kernel->code_object);
  // What a launcher reads is the kernel contract's.
  const auto parsed = parseCodeObject(kernel->code_object);
  ASSERT_TRUE(parsed) << parsed.error().str();
  const std::vector<KernelArgument> expected = kernelArguments(config_);
  const auto &arguments = parsed->kernels.at(0).metadata.arguments;
  ASSERT_EQ(arguments.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(arguments[i].name, expected[i].name);
    EXPECT_EQ(static_cast<int>(arguments[i].offset), expected[i].offset);
    EXPECT_EQ(static_cast<int>(arguments[i].size), expected[i].size);
  }
}

TEST_P(Backends, SourceSaysHowItIsLaunchedAndNamesItsValues) {
  const std::string text = source();
  EXPECT_THAT(text, HasSubstr("// " + kernelName(config_)));
  EXPECT_THAT(text, HasSubstr("void " + kernelName(config_) + "("));
  EXPECT_THAT(text, Not(HasSubstr("#include")));
  EXPECT_THAT(text, Not(testing::ContainsRegex("[^a-z0-9_]v[0-9]+[^0-9]"))) << "a nameless value";
}

INSTANTIATE_TEST_SUITE_P(Kernels, Backends, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gemmsmith
