#include "cache/bundle.h"
#include "cache/bundle_writer.h"
#include "tests/cache/store_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class BundleTest : public StoreDirectory {
protected:
  void SetUp() override {
    StoreDirectory::SetUp();
    path_ = root_ / "kernels.gsb";
    bytes_ = bundleOf({sampleEntry(), sampleEntry(sampleKey(kOtherKernel), 200, 2)});
    writeFile(path_, bytes_);
  }
  static std::string bundleOf(const std::vector<Entry> &entries) {
    BundleWriter writer;
    for (const Entry &entry : entries)
      EXPECT_TRUE(writer.add(entry));
    return std::string(textOf(writer.bytes().value()));
  }
  std::string errorOf(const std::string &path) const {
    const auto bundle = Bundle::open(path);
    return bundle ? "none" : bundle.error().str();
  }
  // Every entry of the bundle reads as what it was.
  static bool isWhole(const Expected<Bundle> &bundle) {
    return bundle && bundle->get(sampleKey()) && bundle->get(sampleKey(kOtherKernel));
  }
  std::size_t indexEnd() const { return kBundleHeaderBytes + 2 * kBundleRecordBytes; }

  std::string path_;
  std::string bytes_;
};

TEST_F(BundleTest, ReturnsWhatWasAdded) {
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle) << bundle.error().str();
  EXPECT_EQ(bundle->records().size(), 2u);
  EXPECT_EQ(bundle->get(sampleKey())->code_object, sampleObject(100));
  EXPECT_EQ(bundle->get(sampleKey(kOtherKernel))->code_object, sampleObject(200, 2));
  const CacheKey absent = sampleKey("gemm_gfx950_bf16_bf16_ring_t16x64x64_s9_w1x1x1");
  EXPECT_EQ(bundle->get(absent).error().reason, MissReason::kAbsent);
}

TEST_F(BundleTest, EqualSetsOfEntriesHaveEqualBytes) {
  EXPECT_EQ(bundleOf({sampleEntry(sampleKey(kOtherKernel), 200, 2), sampleEntry(), sampleEntry()}),
            bytes_);
}

TEST_F(BundleTest, EmptyBundleIsOne) {
  writeFile(path_, bundleOf({}));
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle) << bundle.error().str();
  EXPECT_EQ(bundle->get(sampleKey()).error().reason, MissReason::kAbsent);
}

TEST_F(BundleTest, EverySingleByteCorruptionOfHeaderAndIndexIsDetected) {
  for (std::size_t at = 0; at < indexEnd(); ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string bad = bytes_;
      bad[at] = static_cast<char>(bad[at] ^ change);
      const auto span = std::as_bytes(std::span(bad));
      const auto header = readBundleHeader(span, bad.size());
      ASSERT_FALSE(header && readBundleIndex(span, *header, bad.size())) << at << " ^ " << change;
    }
  }
}

TEST_F(BundleTest, EverySingleByteCorruptionOfTheFileIsDetected) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    std::string bad = bytes_;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    writeFile(path_, bad);
    ASSERT_FALSE(isWhole(Bundle::open(path_))) << at;
  }
  writeFile(path_, bytes_);
  EXPECT_TRUE(isWhole(Bundle::open(path_)));
}

TEST_F(BundleTest, EveryTruncationIsDetectedWhenItIsOpened) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    writeFile(path_, bytes_.substr(0, size));
    ASSERT_THAT(errorOf(path_), HasSubstr("not a readable bundle")) << size;
  }
  writeFile(path_, bytes_ + '\0');
  EXPECT_THAT(errorOf(path_), HasSubstr("bytes long and should be"));
}

TEST_F(BundleTest, DamagedEntryCostsItselfOnly) {
  std::string bad = bytes_;
  bad[bad.size() - 1] ^= 1;
  writeFile(path_, bad);
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(bundle->read(bundle->records()[0]));
  const auto miss = bundle->read(bundle->records()[1]);
  ASSERT_FALSE(miss);
  EXPECT_EQ(miss.error().reason, MissReason::kDamaged);
  EXPECT_THAT(miss.error().why, AllOf(HasSubstr(path_), HasSubstr("checksum in the index")));
}

// What a collision of two hashes looks like: an index that is in order and right but for the key.
TEST_F(BundleTest, EntryOfAnotherKeyIsAMiss) {
  const std::string entry = encoded(sampleEntry());
  const std::vector<BundleRecord> records{{.hash = sampleKey(kOtherKernel).hash(),
                                           .offset = kBundleHeaderBytes + kBundleRecordBytes,
                                           .bytes = entry.size(),
                                           .checksum = hash128(std::string_view(entry))}};
  writeFile(path_, std::string(textOf(writeBundleIndex(records, 0))) + entry);
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle) << bundle.error().str();
  const auto miss = bundle->get(sampleKey(kOtherKernel));
  ASSERT_FALSE(miss);
  EXPECT_EQ(miss.error().reason, MissReason::kDamaged);
}

TEST_F(BundleTest, IndexThatPointsElsewhereIsRefusedThoughItsChecksumHolds) {
  const auto refused = [](std::vector<BundleRecord> records, std::uint64_t file_bytes) {
    const auto bytes = writeBundleIndex(records, 0);
    const auto header = readBundleHeader(bytes, file_bytes);
    return !header || !readBundleIndex(bytes, *header, file_bytes);
  };
  const std::uint64_t start = kBundleHeaderBytes + 2 * kBundleRecordBytes;
  const Hash128 low = hash128(std::string_view("a"));
  const Hash128 high = hash128(std::string_view("b"));
  const BundleRecord first{
      .hash = std::min(low, high), .offset = start, .bytes = 10, .checksum = {}};
  const BundleRecord second{
      .hash = std::max(low, high), .offset = start + 10, .bytes = 20, .checksum = {}};
  EXPECT_FALSE(refused({first, second}, start + 30));
  EXPECT_TRUE(refused({second, first}, start + 30));
  EXPECT_TRUE(refused({first, first}, start + 30));
  EXPECT_TRUE(refused({first, second}, start + 31));
  BundleRecord other = second;
  other.offset = start;
  EXPECT_TRUE(refused({first, other}, start + 30));
  other = second;
  other.bytes = ~std::uint64_t{0};
  EXPECT_TRUE(refused({first, other}, start + 30));
}

TEST_F(BundleTest, HeaderThatAsksForTooMuchIsRefusedBeforeAnythingIsRead) {
  std::string bad = bytes_;
  bad[22] = 1; // 2^48 entries
  writeFile(path_, bad);
  EXPECT_THAT(errorOf(path_), HasSubstr("beyond its limit"));
  bad = bytes_;
  bad[18] = 1; // 2^16 + 2 entries
  writeFile(path_, bad);
  EXPECT_THAT(errorOf(path_), HasSubstr("ends within its index"));
}

TEST_F(BundleTest, AnotherVersionIsSaid) {
  bytes_[8] = 2;
  writeFile(path_, bytes_);
  EXPECT_THAT(errorOf(path_), AllOf(HasSubstr(path_), HasSubstr("format version 2; this reads 1")));
}

TEST_F(BundleTest, FileThatOthersCanChangeIsRefused) {
  fs::permissions(path_, fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(errorOf(path_), AllOf(HasSubstr(path_), HasSubstr("others than its owner")));
  fs::permissions(path_, fs::perms::others_write, fs::perm_options::remove);
  fs::create_symlink(path_, root_ / "link");
  EXPECT_THAT(errorOf(root_ / "link"), HasSubstr("it is a symbolic link"));
  EXPECT_THAT(errorOf(root_), HasSubstr("not a regular file"));
  EXPECT_THAT(errorOf(root_ / "absent"), HasSubstr("there is no such bundle"));
}

TEST_F(BundleTest, FileOfAnotherUserIsRefused) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_THAT(errorOf(path_), HasSubstr("owned by user 12345"));
}

TEST_F(BundleTest, IsWrittenSoThatItCanBeReadWhateverTheUmask) {
  BundleWriter writer;
  ASSERT_TRUE(writer.add(sampleEntry()));
  const mode_t mask = ::umask(0);
  const auto written = writer.write(path_);
  ::umask(mask);
  ASSERT_TRUE(written) << written.error().str();
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle) << bundle.error().str();
  EXPECT_TRUE(bundle->get(sampleKey()));
}

TEST_F(BundleTest, OneThatIsOpenOutlivesItsReplacement) {
  const auto bundle = Bundle::open(path_);
  BundleWriter writer;
  ASSERT_TRUE(writer.write(path_));
  EXPECT_TRUE(isWhole(bundle));
}

TEST_F(BundleTest, OneThatIsCutShortWhileOpenIsAMiss) {
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle);
  ASSERT_EQ(::truncate(path_.c_str(), 10), 0);
  EXPECT_EQ(bundle->get(sampleKey()).error().reason, MissReason::kDamaged);
}

TEST_F(BundleTest, SignatureComesLastAndCoversTheRest) {
  BundleWriter writer;
  ASSERT_TRUE(writer.add(sampleEntry()));
  std::size_t covered = 0;
  const auto bytes = writer.bytes([&](std::span<const std::byte> body) {
    covered = body.size();
    BundleSignature signature;
    signature.fill(std::byte{'s'});
    return Expected<BundleSignature>(signature);
  });
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), covered + kBundleSignatureBytes);
  writeFile(path_, textOf(*bytes));
  const auto bundle = Bundle::open(path_);
  ASSERT_TRUE(bundle) << bundle.error().str();
  EXPECT_TRUE(bundle->isSigned());
  EXPECT_TRUE(bundle->get(sampleKey()));
}

TEST_F(BundleTest, FailedSignatureIsTheWritersError) {
  BundleWriter writer;
  const auto bytes = writer.bytes([](std::span<const std::byte>) -> Expected<BundleSignature> {
    return makeError(ErrorKind::kInput, "no key");
  });
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().message, "no key");
}

} // namespace
} // namespace gemmsmith
