#include "cache/bundle_signature.h"
#include "tests/cache/key_files.h"
#include "tests/cache/store_directory.h"

#include <gmock/gmock.h>

namespace gemmsmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class BundleSignatureTest : public StoreDirectory {
protected:
  void SetUp() override {
    StoreDirectory::SetUp();
    path_ = root_ / "kernels.gsb";
    keys_ = writeKeys(root_ / "own");
    ASSERT_TRUE(writer_.add(sampleEntry()));
    const auto signer = bundleSigner(keys_.private_key);
    ASSERT_TRUE(signer) << signer.error().str();
    ASSERT_TRUE(writer_.write(path_, *signer));
  }
  Expected<void> check(const std::string &public_key) const {
    return Bundle::open(path_).and_then(
        [&](const Bundle &bundle) { return checkBundleSignature(bundle, public_key); });
  }
  std::string refusal(const std::string &public_key) const {
    const auto checked = check(public_key);
    return checked ? "none" : checked.error().str();
  }

  std::string path_;
  KeyFiles keys_;
  BundleWriter writer_;
};

TEST_F(BundleSignatureTest, HoldsForTheKeyThatBelongsToIt) {
  EXPECT_EQ(refusal(keys_.public_key), "none");
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(bundle->get(sampleKey()));
}

TEST_F(BundleSignatureTest, DoesNotHoldForAnotherKey) {
  EXPECT_THAT(refusal(writeKeys(root_ / "other").public_key),
              AllOf(HasSubstr(path_), HasSubstr("not signed with the key of")));
}

TEST_F(BundleSignatureTest, CoversEveryByte) {
  const std::string good = readFile(path_);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    writeFile(path_, bad);
    ASSERT_FALSE(check(keys_.public_key)) << at;
  }
}

// Bytes that carry right checksums, as somebody would make them who has no key.
TEST_F(BundleSignatureTest, OfAnotherBundleDoesNotHold) {
  BundleWriter other;
  ASSERT_TRUE(other.add(sampleEntry(sampleKey(), 100, 2)));
  const auto bytes = other.bytes([&](std::span<const std::byte>) {
    const std::string old = readFile(path_).substr(readFile(path_).size() - kBundleSignatureBytes);
    BundleSignature signature;
    std::ranges::copy(std::as_bytes(std::span(old)), signature.begin());
    return Expected<BundleSignature>(signature);
  });
  ASSERT_TRUE(bytes);
  writeFile(path_, textOf(*bytes));
  ASSERT_TRUE(Bundle::open(path_));
  EXPECT_THAT(refusal(keys_.public_key), HasSubstr("not signed with the key of"));
}

TEST_F(BundleSignatureTest, UnsignedBundleIsRefused) {
  ASSERT_TRUE(writer_.write(path_));
  EXPECT_THAT(refusal(keys_.public_key), HasSubstr("it is not signed"));
}

TEST_F(BundleSignatureTest, EqualBundlesHaveEqualSignatures) {
  const std::string first = readFile(path_);
  ASSERT_TRUE(writer_.write(path_, *bundleSigner(keys_.private_key)));
  EXPECT_EQ(readFile(path_), first);
}

TEST_F(BundleSignatureTest, FilesThatAreNoKeysAreSaid) {
  const auto signing = [](const std::string &path) {
    const auto signer = bundleSigner(path);
    return signer ? "none" : signer.error().str();
  };
  EXPECT_THAT(signing("/nowhere/key.pem"), HasSubstr("/nowhere/key.pem: the key cannot be read"));
  EXPECT_THAT(signing(keys_.public_key), HasSubstr("is no private key"));
  EXPECT_THAT(signing(path_), HasSubstr("is no private key"));
  EXPECT_THAT(signing(writeKeys(root_ / "x", "X25519").private_key),
              HasSubstr("is no Ed25519 key"));
  EXPECT_THAT(refusal("/nowhere/key.pem"), HasSubstr("the key cannot be read"));
  EXPECT_THAT(refusal(keys_.private_key), HasSubstr("is no public key"));
}

} // namespace
} // namespace gemmsmith
