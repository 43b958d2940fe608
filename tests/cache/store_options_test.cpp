#include "cache/store_options.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoreOptionsTest : public testing::Test {
protected:
  void SetUp() override {
    for (const char *name : {"GEMMSMITH_CACHE", "GEMMSMITH_CACHE_DIR", "GEMMSMITH_CACHE_SIZE",
                             "GEMMSMITH_BUNDLES", "GEMMSMITH_REMOTE", "XDG_CACHE_HOME"})
      ::unsetenv(name);
    ::setenv("HOME", "/home/ann", 1);
  }
  static StoreOptions options() {
    const auto options = storeOptionsFromEnvironment();
    EXPECT_TRUE(options) << options.error().str();
    return options.value_or(StoreOptions());
  }
  static std::string error() {
    const auto options = storeOptionsFromEnvironment();
    return options ? "none" : options.error().str();
  }
};

TEST_F(StoreOptionsTest, DefaultIsAWritableGigabyteAtHome) {
  EXPECT_EQ(options().directory, "/home/ann/.cache/gemmsmith");
  EXPECT_EQ(options().mode, StoreMode::kReadWrite);
  EXPECT_EQ(options().limit_bytes, 1u << 30);
  EXPECT_TRUE(options().bundles.empty());
}

TEST_F(StoreOptionsTest, OwnDirectoryGoesBeforeTheDesktopsBeforeHome) {
  ::setenv("XDG_CACHE_HOME", "/var/cache/ann", 1);
  EXPECT_EQ(options().directory, "/var/cache/ann/gemmsmith");
  ::setenv("GEMMSMITH_CACHE_DIR", "/srv/kernels", 1);
  EXPECT_EQ(options().directory, "/srv/kernels");
}

TEST_F(StoreOptionsTest, RelativeDesktopCacheIsIgnored) {
  ::setenv("XDG_CACHE_HOME", "cache", 1);
  EXPECT_EQ(options().directory, "/home/ann/.cache/gemmsmith");
}

TEST_F(StoreOptionsTest, NoHomeIsSaidUnlessTheStoreIsOff) {
  ::unsetenv("HOME");
  EXPECT_THAT(error(), HasSubstr("GEMMSMITH_CACHE_DIR"));
  ::setenv("GEMMSMITH_CACHE", "off", 1);
  EXPECT_EQ(options().mode, StoreMode::kOff);
}

TEST_F(StoreOptionsTest, ModesHaveNames) {
  for (const char *mode : {"rw", "ro", "off", "require"}) {
    ::setenv("GEMMSMITH_CACHE", mode, 1);
    EXPECT_EQ(toString(options().mode), mode);
  }
  ::setenv("GEMMSMITH_CACHE", "on", 1);
  EXPECT_THAT(error(), HasSubstr("GEMMSMITH_CACHE is 'on'; it can be rw, ro, off or require"));
}

TEST_F(StoreOptionsTest, SizesHaveUnits) {
  EXPECT_EQ(parseByteCount("0"), 0u);
  EXPECT_EQ(parseByteCount("512"), 512u);
  EXPECT_EQ(parseByteCount("64K"), 65536u);
  EXPECT_EQ(parseByteCount("2G"), std::uint64_t{2} << 30);
  EXPECT_EQ(parseByteCount("16777215T"), std::uint64_t{16777215} << 40);
  for (const char *text : {"", "K", "-1", "1k", "1 G", "1.5G", "16777216T", "G1", "0x10"})
    EXPECT_EQ(parseByteCount(text), std::nullopt) << text;
  ::setenv("GEMMSMITH_CACHE_SIZE", "lots", 1);
  EXPECT_THAT(error(), HasSubstr("GEMMSMITH_CACHE_SIZE is 'lots'"));
}

TEST_F(StoreOptionsTest, BundlesKeepTheirOrder) {
  ::setenv("GEMMSMITH_BUNDLES", "/b::/a:", 1);
  EXPECT_THAT(options().bundles, ElementsAre("/b", "/a"));
}

} // namespace
} // namespace gemmsmith
