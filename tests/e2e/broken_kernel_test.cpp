// These tests can fail: kernels that were broken on purpose do not pass.

#include "runtime/code_object.h"
#include "tests/e2e/emulated_gemm.h"

#include <cstring>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using verify::CaseResult;

constexpr std::uint32_t kNop = 0xbf800000; // s_nop 0

// v_mfma_f32_16x16x32_bf16, upper half of the first dword: VOP3P-MAI, opcode 0x35.
bool isMfma(std::uint32_t first) {
  return first >> 16 == 0xd3b5;
}

// Where the `index`-th MFMA of the kernel lies in the file.
std::size_t findMfma(std::span<const std::byte> object, int index) {
  const Expected<CodeObject> parsed = parseCodeObject(object);
  EXPECT_TRUE(parsed);
  for (const Segment &segment : parsed->segments) {
    if (!segment.executable)
      continue;
    for (std::size_t at = 0; at + 8 <= segment.contents.size(); at += 4) {
      std::uint32_t word = 0;
      std::memcpy(&word, segment.contents.data() + at, sizeof(word));
      if (isMfma(word) && index-- == 0)
        return static_cast<std::size_t>(segment.contents.data() - object.data()) + at;
    }
  }
  ADD_FAILURE() << "no MFMA in the kernel";
  return 0;
}

class BrokenKernel : public EmulatedGemm {};

TEST_F(BrokenKernel, ALostMfmaIsCaught) {
  const verify::GemmCase test =
      caseOf({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"});
  std::vector<std::byte> object = compile(test.config);
  const std::size_t mfma = findMfma(object, 0);
  for (const std::size_t at : {mfma, mfma + 4})
    std::memcpy(object.data() + at, &kNop, sizeof(kNop));
  const Expected<CaseResult> result = verify::runCase(device_, object, test);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->passed());
}

TEST_F(BrokenKernel, SwappedOperandsAreCaught) {
  const verify::GemmCase test =
      caseOf({.m = 64, .n = 64, .k = 200, .config = "t64x64x64_s2_w2x2x1"});
  std::vector<std::byte> object = compile(test.config);
  // Registers of A and B of one MFMA exchanged: bits 8:0 and 17:9 of its second dword.
  const std::size_t at = findMfma(object, 1) + 4;
  std::uint32_t word = 0;
  std::memcpy(&word, object.data() + at, sizeof(word));
  word = (word & ~0x3ffffu) | (word & 0x1ff) << 9 | (word >> 9 & 0x1ff);
  std::memcpy(object.data() + at, &word, sizeof(word));
  const Expected<CaseResult> result = verify::runCase(device_, object, test);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->passed());
}

TEST_F(BrokenKernel, ATruncatedCodeObjectIsAnError) {
  const verify::GemmCase test =
      caseOf({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"});
  std::vector<std::byte> object = compile(test.config);
  object.resize(object.size() / 2);
  EXPECT_FALSE(verify::runCase(device_, object, test));
}

TEST_F(BrokenKernel, AnotherKernelsCodeObjectIsAFault) {
  const verify::GemmCase test =
      caseOf({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"});
  const verify::GemmCase other =
      caseOf({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s2_w1x2x1"});
  const Expected<CaseResult> result = verify::runCase(device_, compile(other.config), test);
  EXPECT_TRUE(!result || !result->passed());
}

// The kernel of row-aligned problems on rows that are not: planLaunch() refuses before anything
// runs.
TEST_F(BrokenKernel, AProblemThatIsNotAlignedIsRefused) {
  verify::GemmCase test = caseOf({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"});
  const std::vector<std::byte> object = compile(test.config);
  test.problem.lda = 201;
  EXPECT_FALSE(verify::runCase(device_, object, test));
}

} // namespace
} // namespace gemmsmith
