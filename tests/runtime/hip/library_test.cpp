// Finding and binding HIP's library, with libraries that have this and lack that.
#include "runtime/hip/library.h"

#include "runtime/hip/target.h"

#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string>

namespace gemmsmith::runtime {
namespace {

Expected<HipLibrary> openNamed(const std::string &variant) {
  return HipLibrary::open({HipKind::kHip, std::string(NULL_HIP_FOLDER) + "/" + variant + ".so"});
}

TEST(HipLibrary, ReadsTheTargetIdFromTheLayoutOfHip5) {
  const auto hip = openNamed("null_hip5");
  ASSERT_TRUE(hip) << hip.error().str();
  EXPECT_EQ(hip->functions().hipGetDevicePropertiesR0600, nullptr);
  EXPECT_EQ(hip->targetId(0).value(), "gfx942:sramecc+:xnack-");
}

TEST(HipLibrary, ReadsTheTargetIdFromTheLayoutOfHip6) {
  const auto hip = openNamed("null_hip6");
  ASSERT_TRUE(hip) << hip.error().str();
  EXPECT_EQ(hip->targetId(0).value(), "gfx950:sramecc+:xnack-");
}

TEST(HipLibrary, ErrorsCarryHipsText) {
  const auto hip = openNamed("null_hip6");
  ASSERT_TRUE(hip) << hip.error().str();
  EXPECT_EQ(hip->check(hipErrorOutOfMemory, "hipMalloc").error().message,
            "hipMalloc: out of memory (2)");
  EXPECT_EQ(hip->targetId(99).error().message, "hipGetDeviceProperties: invalid value (101)");
}

TEST(HipLibrary, WithoutCaptureQueriesNothingCaptures) {
  const auto hip = openNamed("null_hip5");
  ASSERT_TRUE(hip) << hip.error().str();
  EXPECT_FALSE(hip->isCapturing(reinterpret_cast<hipStream_t>(std::uintptr_t{64})).value());
}

TEST(HipLibrary, AMissingFunctionIsNamed) {
  const auto hip = openNamed("null_hip_no_launch");
  ASSERT_FALSE(hip);
  EXPECT_NE(hip.error().message.find("lacks hipModuleLaunchKernel;"), std::string::npos)
      << hip.error().str();
  EXPECT_NE(hip.error().where.find("null_hip_no_launch.so"), std::string::npos);
}

TEST(HipLibrary, AMissingFileIsNamed) {
  const auto hip = HipLibrary::open({HipKind::kHip, "/nonexistent/libamdhip64.so"});
  ASSERT_FALSE(hip);
  EXPECT_NE(hip.error().message.find("/nonexistent/libamdhip64.so"), std::string::npos)
      << hip.error().str();
}

TEST(HipLibrary, AFileThatIsNoLibraryIsAnError) {
  EXPECT_FALSE(HipLibrary::open({HipKind::kHip, "/etc/hostname"}));
}

// With LD_LIBRARY_PATH at a folder that holds HIP 5 and HIP 6.
TEST(HipSearch, TakesTheNewestUnlessOneIsLoaded) {
  if (!std::getenv("NULL_HIP_SEARCH"))
    GTEST_SKIP() << "run by the CTest test hip_search";
  const auto ends_with = [](const HipLibrary &hip, const std::string &name) {
    return hip.path().ends_with("/" + name);
  };
  if (std::string(std::getenv("NULL_HIP_SEARCH")) == "loaded") {
    ASSERT_NE(::dlopen("libamdhip64.so.5", RTLD_NOW), nullptr) << ::dlerror();
    const auto hip = HipLibrary::open({});
    ASSERT_TRUE(hip) << hip.error().str();
    EXPECT_TRUE(ends_with(*hip, "libamdhip64.so.5")) << hip->path();
    return;
  }
  const auto hip = HipLibrary::open({});
  ASSERT_TRUE(hip) << hip.error().str();
  EXPECT_TRUE(ends_with(*hip, "libamdhip64.so.6")) << hip->path();
}

CodeObject objectFor(const std::string &target) {
  CodeObject object;
  object.target = target;
  return object;
}

TEST(CheckTarget, ComparesTheProcessor) {
  EXPECT_TRUE(checkTarget(objectFor("gfx950"), "gfx950:sramecc+:xnack-"));
  EXPECT_TRUE(checkTarget(objectFor("gfx950"), "gfx950"));
  EXPECT_FALSE(checkTarget(objectFor("gfx942"), "gfx950:sramecc+:xnack-"));
  EXPECT_FALSE(checkTarget(objectFor("gfx95"), "gfx950"));
  EXPECT_EQ(checkTarget(objectFor("gfx942"), "gfx950:xnack-").error().message,
            "the code object is for gfx942, the device is gfx950:xnack-");
}

TEST(CheckTarget, ComparesTheFeaturesThatTheCodeWasMadeFor) {
  CodeObject object = objectFor("gfx950");
  object.xnack = TargetFeature::kAny;
  object.sramecc = TargetFeature::kOn;
  EXPECT_TRUE(checkTarget(object, "gfx950:sramecc+:xnack-"));
  EXPECT_FALSE(checkTarget(object, "gfx950:sramecc-:xnack-"));
  object.xnack = TargetFeature::kOn;
  EXPECT_FALSE(checkTarget(object, "gfx950:sramecc+:xnack-"));
  object.xnack = TargetFeature::kOff;
  EXPECT_TRUE(checkTarget(object, "gfx950:sramecc+:xnack-"));
}

} // namespace
} // namespace gemmsmith::runtime
