#include "compiler/hiprtc/hiprtc_description.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

HiprtcDescription someDescription() {
  return {.library = "libhiprtc.so.7",
          .origin = "soname libhiprtc.so.7",
          .path = "/opt/rocm/lib/libhiprtc.so.7.0.1",
          .hiprtc_version = "9.0",
          .hip_version = "7.0.51831",
          .comgr_version = "3.0",
          .comgr_path = "/opt/rocm/lib/libamd_comgr.so.3",
          .clang_version = "20.0.0git (https://example.org 0123abc)",
          .llvm_major = 20,
          .isas = {"gfx90a", "gfx950"},
          .identity = "all of it",
          .usable = false,
          .reason = "because"};
}

TEST(HiprtcDescription, EveryFieldSurvivesTheWire) {
  const HiprtcDescription sent = someDescription();
  const auto received = parseDescription(descriptionJson(sent));
  ASSERT_TRUE(received) << received.error().str();
  EXPECT_EQ(received->library, sent.library);
  EXPECT_EQ(received->origin, sent.origin);
  EXPECT_EQ(received->path, sent.path);
  EXPECT_EQ(received->hiprtc_version, sent.hiprtc_version);
  EXPECT_EQ(received->hip_version, sent.hip_version);
  EXPECT_EQ(received->comgr_version, sent.comgr_version);
  EXPECT_EQ(received->comgr_path, sent.comgr_path);
  EXPECT_EQ(received->clang_version, sent.clang_version);
  EXPECT_EQ(received->llvm_major, sent.llvm_major);
  EXPECT_EQ(received->isas, sent.isas);
  EXPECT_EQ(received->identity, sent.identity);
  EXPECT_EQ(received->usable, sent.usable);
  EXPECT_EQ(received->reason, sent.reason);
}

TEST(HiprtcDescription, CandidatesSurviveTheWire) {
  const std::vector<HiprtcCandidate> sent{{"/opt/rocm/lib/libhiprtc.so.7", "/opt/rocm"},
                                          {"libhiprtc.so.7", "soname libhiprtc.so.7"}};
  const auto received = parseCandidates(candidatesJson(sent));
  ASSERT_TRUE(received) << received.error().str();
  EXPECT_EQ(*received, sent);
}

TEST(HiprtcDescription, OtherTextsAreErrors) {
  for (const char *text : {"", "7", "{}", "[]", R"({"library": "x"})", "\xff"})
    EXPECT_FALSE(parseDescription(text)) << text;
  for (const char *text : {"", "7", "{}", "[7]", R"([{"library": "x"}])", "\xff"})
    EXPECT_FALSE(parseCandidates(text)) << text;
}

TEST(HiprtcDescription, UnknownTargetSaysWhatItTakes) {
  EXPECT_EQ(unknownTarget(someDescription(), "gfx950"),
            "comgr 3.0 (LLVM 20) knows no gfx950; that needs ROCm 7.0 or later (this is 7.0): "
            "install a newer ROCm or use --backend llvm");
  EXPECT_EQ(unknownTarget({.comgr_version = "2.4"}, "gfx1"),
            "comgr 2.4 knows no gfx1: install a newer ROCm or use --backend llvm");
}

} // namespace
} // namespace gemmsmith
