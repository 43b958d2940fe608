// Where code objects come from: bundles, the store and what GEMMSMITH_CACHE says of it. No compile
// service here; tests/e2e has the whole chain.
#include "cache/bundle.h"
#include "cache/compiler_record.h"
#include "cache/disk_store.h"
#include "tests/runtime/library/fixture.h"
#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>

namespace gemmsmith {
namespace {

class Tiers : public Library {
protected:
  void SetUp() override {
    ASSERT_HIP(hipSetDevice(0));
    store_ = folder_.file("store");
    bundle_.emplace(Bundle::open(kBundle).value());
    compiler_ = bundle_->compilers().at(0);
  }
  gs_options storeOptions() const {
    gs_options options = Library::options();
    options.objects = "";
    options.cache = "rw";
    options.cache_directory = store_.c_str();
    return options;
  }
  // Puts every kernel of the bundle into the store.
  void fillStore() {
    const auto disk = DiskStore::open({.directory = store_}).value();
    for (const BundleRecord &record : bundle_->records())
      ASSERT_TRUE(disk->put(bundle_->read(record).value()));
  }
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto &file : std::filesystem::directory_iterator(store_))
      if (file.path().extension() == ".entry")
        names.push_back(file.path());
    return names;
  }
  // A context of these options, whose warnings are kept.
  void createListening(gs_options options) {
    options.log = [](void *user, gs_log_level level, const char *message) {
      if (level == GS_LOG_WARNING)
        static_cast<std::vector<std::string> *>(user)->push_back(message);
    };
    options.log_user = &warnings_;
    create(options);
  }

  const TemporaryFolder folder_;
  std::string store_;
  std::optional<Bundle> bundle_;
  std::string compiler_;
  std::vector<std::string> warnings_;
};

TEST_F(Tiers, ABundleServesWithoutACompilerAndWhicheverCompilerItIsFrom) {
  gs_options options = storeOptions();
  options.bundles = kBundle;
  createListening(options);
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(run(kSplitBias), "");
  EXPECT_EQ(counters().hits[GS_TIER_BUNDLE], 2u);
  EXPECT_GT(counters().tier_ns[GS_TIER_BUNDLE], 0u);
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
}

TEST_F(Tiers, BundlesComeBeforeTheStore) {
  fillStore();
  gs_options options = storeOptions();
  options.bundles = kBundle;
  options.compiler = compiler_.c_str();
  create(options);
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_BUNDLE], 1u);
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 0u);
}

TEST_F(Tiers, ABundleThatIsNotThereIsAWarningAndTheStoreServes) {
  fillStore();
  gs_options options = storeOptions();
  const std::string absent = folder_.file("absent.gsb");
  options.bundles = absent.c_str();
  options.compiler = compiler_.c_str();
  createListening(options);
  EXPECT_EQ(run(kPlain), "");
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(absent), std::string::npos) << warnings_[0];
}

TEST_F(Tiers, TheStoreServesTheCompilerThatIsNamed) {
  fillStore();
  gs_options options = storeOptions();
  options.compiler = compiler_.c_str();
  create(options);
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 1u);
  const std::string other(32, 'e');
  options.compiler = other.c_str();
  create(options);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(lastErrorSays({"it is not in the store " + store_}));
}

TEST_F(Tiers, TheStoreServesTheInstalledCompilersRecord) {
  fillStore();
  const std::string program = folder_.write("gemmsmith", "stands for the installed one");
  const FileDescriptor directory(::open(store_.c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_TRUE(writeCompilerRecord(directory.get(), installationHash(program),
                                  makeCompilerRecord(compiler_, {program}).value()));
  // One that was written later, by somebody else.
  ASSERT_TRUE(writeCompilerRecord(directory.get(), hash128(std::string_view("other")),
                                  makeCompilerRecord(std::string(32, 'e'), {program}).value()));
  gs_options options = storeOptions();
  options.service_program = program.c_str();
  create(options);
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 1u);
}

TEST_F(Tiers, WithoutACompilerTheLastOneThatFilledTheStoreCounts) {
  fillStore();
  const FileDescriptor directory(::open(store_.c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_TRUE(writeCompilerRecord(
      directory.get(), hash128(std::string_view("gone")),
      {.compiler = compiler_, .files = {{.path = "/nowhere", .bytes = 1, .changed_ns = 1}}}));
  create(storeOptions());
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 1u);
}

TEST_F(Tiers, WithoutACompilerAndARecordTheEntriesNameTheCompiler) {
  fillStore();
  create(storeOptions());
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 1u);
}

TEST_F(Tiers, WithNothingKnownOfCompilersItSaysHowToNameOne) {
  createListening(storeOptions());
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(lastErrorSays({"it is not in the store " + store_, "GEMMSMITH_COMPILER"}));
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
}

TEST_F(Tiers, WithRequireAnotherCompilersObjectsAreBetterThanNone) {
  fillStore();
  const std::string program = folder_.write("gemmsmith", "stands for the installed one");
  const FileDescriptor directory(::open(store_.c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_TRUE(writeCompilerRecord(directory.get(), installationHash(program),
                                  makeCompilerRecord(std::string(32, 'e'), {program}).value()));
  gs_options options = storeOptions();
  options.service_program = program.c_str();
  create(options);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  options.cache = "require";
  create(options);
  EXPECT_EQ(run(kPlain), "");
}

TEST_F(Tiers, WhatWasAllowedToSpillIsFoundToo) {
  const auto disk = DiskStore::open({.directory = store_}).value();
  for (const BundleRecord &record : bundle_->records()) {
    Entry entry = bundle_->read(record).value();
    CacheKeyFields fields = entry.key.fields();
    fields.allow_spills = true;
    entry.key = CacheKey::make(fields).value();
    ASSERT_TRUE(disk->put(entry));
  }
  create(storeOptions());
  EXPECT_EQ(run(kPlain), "");
}

TEST_F(Tiers, AnObjectThatDoesNotFitIsPassedOverForTheNextPlaces) {
  fillStore();
  const std::string kernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1";
  std::string object = bytesOf(std::string(kObjects) + "/" + kernel + ".co");
  folder_.write(kernel + ".co", object.substr(0, object.size() / 2));
  gs_options options = storeOptions();
  const std::string path = folder_.path();
  options.objects = path.c_str();
  createListening(options);
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().hits[GS_TIER_DISK], 1u);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("not used: " + path), std::string::npos) << warnings_[0];
}

TEST_F(Tiers, AMissWithRequireNamesTheKernelAndTheCommandThatBuildsIt) {
  gs_options options = storeOptions();
  options.cache = "require";
  options.compiler = compiler_.c_str();
  create(options);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(
      lastErrorSays({"GEMMSMITH_CACHE=require", "gemmsmith build --config "
                                                "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1"}));
}

TEST_F(Tiers, AStoreThatIsOffIsNeitherReadNorMade) {
  gs_options options = storeOptions();
  options.cache = "off";
  options.bundles = kBundle;
  options.compiler = compiler_.c_str();
  create(options);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_FALSE(std::filesystem::exists(store_));
}

TEST_F(Tiers, ADamagedEntryIsNotLoadedAndMovedAway) {
  fillStore();
  for (const std::string &path : entries()) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-20, std::ios::end);
    file.put('?');
  }
  gs_options options = storeOptions();
  options.compiler = compiler_.c_str();
  createListening(options);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_EQ(counters().loads, 0u);
  EXPECT_TRUE(std::filesystem::exists(store_ + "/quarantine"));
  ASSERT_FALSE(warnings_.empty());
  EXPECT_NE(warnings_[0].find("checksum"), std::string::npos) << warnings_[0];
}

TEST_F(Tiers, AnUnsafeDirectoryIsAWarningAndNotUsed) {
  std::filesystem::create_directory(store_);
  std::filesystem::permissions(store_, std::filesystem::perms::all);
  gs_options options = storeOptions();
  options.bundles = kBundle;
  createListening(options);
  EXPECT_EQ(run(kPlain), "");
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(store_), std::string::npos) << warnings_[0];
}

TEST_F(Tiers, ATableIsPreparedWithOneFetchOfEachKernel) {
  gs_options options = storeOptions();
  options.bundles = kBundle;
  create(options);
  struct Seen {
    std::size_t calls = 0, last_done = 0, failed = 0;
  } seen;
  gs_prepare_options prepare{};
  prepare.size = sizeof prepare;
  prepare.progress = [](void *user, const gs_progress *progress) {
    auto *seen = static_cast<Seen *>(user);
    ++seen->calls;
    seen->failed += progress->status != GS_SUCCESS;
    EXPECT_EQ(progress->done, seen->last_done + 1);
    seen->last_done = progress->done;
  };
  prepare.progress_user = &seen;
  (void)gs_prepare_tables(context_, nullptr, &prepare);
  const gs_counters after = counters();
  EXPECT_EQ(seen.calls, seen.failed + after.prepared);
  EXPECT_GT(after.hits[GS_TIER_BUNDLE], 3u);
  EXPECT_EQ(after.loads, after.hits[GS_TIER_BUNDLE]);
  EXPECT_EQ(after.hits[GS_TIER_BUNDLE], bundle_->records().size());
}

TEST_F(Tiers, ContextsWithAllPlacesComeAndGoWithoutLeavingDescriptors) {
  fillStore();
  gs_options options = storeOptions();
  options.compiler = compiler_.c_str();
  options.remote = "http://127.0.0.1:9/nobody";
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  create(options);
  EXPECT_EQ(run(kPlain), "");
  const auto before = descriptors();
  for (int i = 0; i < 100; ++i) {
    options.bundles = i % 2 == 0 ? kBundle : "";
    create(options);
    EXPECT_EQ(prepare(kPlain), GS_SUCCESS) << gs_last_error();
  }
  options.bundles = "";
  create(options);
  EXPECT_EQ(descriptors(), before);
}

TEST_F(Tiers, WrongWordsAreRefusedByName) {
  const auto refused = [&](auto set, const std::vector<std::string> &words) {
    gs_options options = storeOptions();
    set(options);
    gs_context *context = nullptr;
    EXPECT_GS(gs_context_create(&options, &context), GS_ERROR_INVALID);
    EXPECT_EQ(context, nullptr);
    EXPECT_TRUE(lastErrorSays(words));
  };
  refused([](gs_options &o) { o.cache = "sometimes"; },
          {"GEMMSMITH_CACHE", "sometimes", "require"});
  refused([](gs_options &o) { o.cache_size = "much"; }, {"GEMMSMITH_CACHE_SIZE", "much"});
  refused([](gs_options &o) { o.service = "maybe"; }, {"GEMMSMITH_SERVICE", "maybe", "connect"});
  refused([](gs_options &o) { o.compiler = "gcc"; }, {"GEMMSMITH_COMPILER", "gcc"});
  refused([](gs_options &o) { o.service_program = "/nowhere/gemmsmith"; },
          {"GEMMSMITH_PROGRAM", "/nowhere/gemmsmith"});
}

} // namespace
} // namespace gemmsmith
