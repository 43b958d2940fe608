#include "tests/cache/sample_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CacheKey, TextSaysEverythingTheCodeObjectDependsOn) {
  EXPECT_EQ(sampleKey().text(), "gemmsmith-entry-1\n"
                                "compiler 0123456789abcdef0123456789abcdef\n"
                                "target gfx950\n"
                                "kernel gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1\n"
                                "allow_spills no\n");
}

TEST(CacheKey, HashIsTheSameOnEveryMachine) {
  EXPECT_EQ(sampleKey().hash(), hash128(sampleKey().text()));
  EXPECT_EQ(hash128(std::string_view()).hex(), "99aa06d3014798d86001c324468d497f");
}

TEST(CacheKey, EveryFieldChangesTheHash) {
  CacheKeyFields fields = sampleKey().fields();
  const auto changed = [&](auto change) {
    CacheKeyFields other = fields;
    change(other);
    return CacheKey::make(other).value().hash() != sampleKey().hash();
  };
  EXPECT_TRUE(changed([](auto &f) { f.compiler[0] = 'f'; }));
  EXPECT_TRUE(changed([](auto &f) { f.target_id = "gfx950:sramecc+"; }));
  EXPECT_TRUE(changed([](auto &f) { f.config.bias = true; }));
  EXPECT_TRUE(changed([](auto &f) { f.allow_spills = true; }));
}

TEST(CacheKey, TextReadsBackAsTheSameFields) {
  CacheKeyFields fields = sampleKey().fields();
  fields.target_id = "gfx950:sramecc+:xnack-";
  fields.allow_spills = true;
  const auto key = CacheKey::parse(CacheKey::make(fields).value().text());
  ASSERT_TRUE(key) << key.error().str();
  EXPECT_EQ(key->fields().compiler, fields.compiler);
  EXPECT_EQ(key->fields().target_id, fields.target_id);
  EXPECT_EQ(key->fields().config, fields.config);
  EXPECT_TRUE(key->fields().allow_spills);
}

TEST(CacheKey, OfAKernelThatWasNotAllowedToSpillComesFirst) {
  CacheKeyFields spilled = sampleKey().fields();
  spilled.allow_spills = true;
  EXPECT_THAT(keysOf(kCompiler, sampleKey().fields().config),
              ElementsAre(sampleKey(), CacheKey::make(spilled).value()));
  EXPECT_THAT(keysOf("no compiler", sampleKey().fields().config), IsEmpty());
}

TEST(CacheKey, EveryTruncationAndEveryExtensionIsRefused) {
  const std::string text = sampleKey().text();
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(CacheKey::parse(std::string_view(text).substr(0, size))) << size;
  EXPECT_FALSE(CacheKey::parse(text + "\n"));
  EXPECT_FALSE(CacheKey::parse(text + text));
  EXPECT_FALSE(CacheKey::parse(std::string(1 << 20, 'x')));
}

TEST(CacheKey, FieldsThatAreNoneAreOurBug) {
  for (const char *compiler : {"", "0123", "0123456789ABCDEF0123456789ABCDEF", "a\nb"}) {
    CacheKeyFields fields = sampleKey().fields();
    fields.compiler = compiler;
    const auto key = CacheKey::make(fields);
    ASSERT_FALSE(key) << compiler;
    EXPECT_EQ(key.error().kind, ErrorKind::kInternal);
  }
  for (const char *target : {"", "gfx942", "gfx9500", "gfx950:", "gfx950 ", "gfx950:a b"}) {
    CacheKeyFields fields = sampleKey().fields();
    fields.target_id = target;
    const auto key = CacheKey::make(fields);
    ASSERT_FALSE(key) << target;
    EXPECT_THAT(key.error().message, HasSubstr("target"));
  }
}

TEST(Hash128, HexReadsBack) {
  const Hash128 hash = sampleKey().hash();
  EXPECT_EQ(Hash128::parse(hash.hex()), hash);
  EXPECT_FALSE(Hash128::parse(hash.hex().substr(1)));
  EXPECT_FALSE(Hash128::parse("0123456789ABCDEF0123456789abcdef"));
}

} // namespace
} // namespace gemmsmith
