// `gemmsmith cache` as people and scripts run it.

#include "cache/disk_store.h"
#include "cache/store_layout.h"
#include "tests/cache/key_files.h"
#include "tests/cache/sample_entry.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Cache : public testing::Test {
protected:
  // Two kernels, compiled.
  static void SetUpTestSuite() {
    built_.emplace();
    const ProgramResult built = runProgram(
        {GEMMSMITH, "build", "--backend", "llvm", "--config", kKernel, "--config", kOtherKernel},
        environment(built_->file("store")));
    ASSERT_EQ(built.exit_code, 0) << built.err;
  }
  static void TearDownTestSuite() { built_.reset(); }

  void SetUp() override {
    fs::copy(built_->file("store"), store_, fs::copy_options::recursive);
    fs::permissions(store_, fs::perms::owner_all);
  }

  static ProgramOptions environment(const fs::path &store, const char *mode = "rw") {
    ProgramOptions options;
    options.environment = {{"GEMMSMITH_CACHE", mode}, {"GEMMSMITH_CACHE_DIR", store}};
    return options;
  }
  ProgramResult cache(std::vector<std::string> arguments, const char *mode = "rw") const {
    arguments.insert(arguments.begin(), {GEMMSMITH, "cache"});
    return runProgram(arguments, environment(store_, mode));
  }
  json cacheJson(std::vector<std::string> arguments, int exit_code = 0) const {
    arguments.push_back("--json");
    const ProgramResult result = cache(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return json::parse(result.out, nullptr, false);
  }
  std::vector<fs::path> entryFiles() const {
    std::vector<fs::path> files;
    for (const auto &entry : fs::directory_iterator(store_))
      if (entry.path().extension() == ".entry")
        files.push_back(entry.path());
    return files;
  }
  void damageOne() const { writeFile(entryFiles().front(), "no entry"); }

  static inline std::optional<TemporaryFolder> built_;
  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
  const fs::path store_ = root_ / "store";
  const int port_ = ServerProcess::freePort();
};

TEST_F(Cache, LsListsWhatWasBuilt) {
  const json list = cacheJson({"ls"});
  ASSERT_EQ(list["entries"].size(), 2u);
  EXPECT_EQ(list["directory"], store_.string());
  EXPECT_EQ(list["entries"][0]["kernel"], kKernel);
  EXPECT_EQ(list["entries"][1]["kernel"], kOtherKernel);
  EXPECT_EQ(list["entries"][0]["target_id"], "gfx950");
  const ProgramResult text = cache({"ls"});
  EXPECT_THAT(text.out, AllOf(HasSubstr(kKernel), HasSubstr("2 entries, ")));
}

TEST_F(Cache, LsOfAnAbsentStoreIsEmptyAndMakesNone) {
  fs::remove_all(store_);
  EXPECT_EQ(cacheJson({"ls"})["entries"].size(), 0u);
  EXPECT_EQ(cacheJson({"stat"})["exists"], false);
  EXPECT_EQ(cacheJson({"gc"})["entries_left"], 0);
  EXPECT_EQ(cacheJson({"clear"})["entries_left"], 0);
  EXPECT_EQ(cacheJson({"verify"})["entries"], 0);
  EXPECT_FALSE(fs::exists(store_));
}

TEST_F(Cache, ShowSaysWhatTheManifestHas) {
  const json entry = cacheJson({"show", kKernel})["entries"][0];
  const json &manifest = entry["manifest"];
  EXPECT_EQ(manifest["kernel"], kKernel);
  EXPECT_EQ(manifest["backend"], "llvm");
  EXPECT_EQ(manifest["compiler"], entry["compiler"]);
  EXPECT_EQ(manifest["arguments"][0]["name"], "a");
  EXPECT_GT(manifest["resources"]["vgprs"], 0);
  const std::string hash = entry["hash"];
  EXPECT_THAT(cache({"show", hash.substr(0, 12)}).out,
              AllOf(HasSubstr(kKernel), HasSubstr("lds_bytes"), HasSubstr(hash)));
}

TEST_F(Cache, ShowWritesTheCodeObject) {
  const std::string file = root_ / "kernel.co";
  ASSERT_EQ(cache({"show", kKernel, "-o", file}).exit_code, 0);
  const ProgramResult inspected = runProgram({GEMMSMITH, "inspect", file, "--stage", "resources"});
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
  EXPECT_THAT(inspected.out, HasSubstr(kKernel));
  EXPECT_EQ(cache({"show", "", "-o", file}).exit_code, 2); // both of them
}

TEST_F(Cache, ShowOfWhatIsNotThereFails) {
  const ProgramResult result = cache({"show", "gemm"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("has no entry 'gemm'"));
}

TEST_F(Cache, StatCountsAndNamesTheLimit) {
  const json stat = cacheJson({"stat"});
  EXPECT_EQ(stat["entries"], 2);
  EXPECT_EQ(stat["mode"], "rw");
  EXPECT_EQ(stat["limit_bytes"], 1 << 30);
  EXPECT_EQ(stat["quarantined"], 0);
  EXPECT_THAT(cache({"stat"}).out, HasSubstr("of 1.0 GiB"));
}

TEST_F(Cache, StatAsksTheRemotes) {
  const ServerProcess redis({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                             "--save", "", "--dir", root_.string()},
                            port_);
  const std::string address = fmt::format("redis://127.0.0.1:{}", port_);
  const std::string absent = fmt::format("http://127.0.0.1:{}", ServerProcess::freePort());
  ProgramOptions options = environment(store_);
  options.environment["GEMMSMITH_REMOTE"] = address + "|write " + absent + "/a";
  const auto remotes =
      json::parse(runProgram({GEMMSMITH, "cache", "stat", "--json"}, options).out)["remotes"];
  ASSERT_EQ(remotes.size(), 2u);
  EXPECT_EQ(remotes[0], json({{"address", address}, {"write", true}, {"answers", true}}));
  EXPECT_EQ(remotes[1]["address"], absent + "/a");
  EXPECT_EQ(remotes[1]["write"], false);
  EXPECT_EQ(remotes[1]["answers"], false);
  EXPECT_THAT(remotes[1]["why"], HasSubstr("Failed to connect"));
  EXPECT_THAT(runProgram({GEMMSMITH, "cache", "stat"}, options).out,
              AllOf(HasSubstr(address + ", read and write: answers\n"),
                    HasSubstr(absent + "/a, only read: does not answer: Failed to connect")));
}

TEST_F(Cache, BuildTakesFromARemoteWhatAnotherMachinePut) {
  const ServerProcess redis({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                             "--save", "", "--dir", root_.string()},
                            port_);
  const std::string address = fmt::format("redis://127.0.0.1:{}", port_);
  ProgramOptions first = environment(root_ / "first");
  first.environment["GEMMSMITH_REMOTE"] = address + "|write";
  std::vector<std::string> build{GEMMSMITH, "build", "--backend", "llvm", "--config", kKernel};
  EXPECT_EQ(runProgram(build, first).exit_code, 0);
  // Nothing may be compiled here.
  ProgramOptions second = environment(root_ / "second", "require");
  second.environment["GEMMSMITH_REMOTE"] = address;
  build.insert(build.end(), {"-o", root_ / "objects"});
  const ProgramResult result = runProgram(build, second);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(root_ / "objects" / (std::string(kKernel) + ".co")));
  fs::remove_all(root_ / "objects");
  second.environment["GEMMSMITH_REMOTE"] = address + "/1"; // another database
  EXPECT_EQ(runProgram(build, second).exit_code, 1);
}

TEST_F(Cache, RemoteThatIsNoneIsAUsageError) {
  ProgramOptions options = environment(store_);
  options.environment["GEMMSMITH_REMOTE"] = "https://ann:secret@cache.example|writable";
  const ProgramResult result = runProgram({GEMMSMITH, "cache", "stat"}, options);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("GEMMSMITH_REMOTE: remote 1: '...' is no attribute"),
                                Not(HasSubstr("secret"))));
}

TEST_F(Cache, VerifyFindsDamageAndChangesNothing) {
  EXPECT_EQ(cacheJson({"verify"})["bad"], 0);
  damageOne();
  const json result = cacheJson({"verify"}, 1);
  EXPECT_EQ(result["entries"], 2);
  EXPECT_EQ(result["bad"], 1);
  EXPECT_THAT(std::string(result["problems"][0]["why"]), HasSubstr("not a readable entry"));
  EXPECT_EQ(entryFiles().size(), 2u);
  EXPECT_THAT(cache({"verify"}).out, HasSubstr("2 entries: 1 good, 1 bad"));
}

TEST_F(Cache, VerifyFindsAnEntryThatIsNoCodeObjectOfItsKey) {
  auto store = DiskStore::open({.directory = store_});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->put(sampleEntry(sampleKey())));
  const json result = cacheJson({"verify"}, 1);
  EXPECT_EQ(result["bad"], 1);
  EXPECT_THAT(std::string(result["problems"][0]["why"]), HasSubstr("not a readable AMDGPU"));
}

TEST_F(Cache, GcKeepsToTheLimit) {
  EXPECT_EQ(cacheJson({"gc"})["entries_removed"], 0);
  const json result = cacheJson({"gc", "--limit", "5K"});
  EXPECT_EQ(result["entries_removed"], 1);
  EXPECT_EQ(result["entries_left"], 1);
  EXPECT_EQ(entryFiles().size(), 1u);
  EXPECT_EQ(cache({"gc", "--limit", "some"}).exit_code, 2);
}

TEST_F(Cache, ClearRemovesEverythingOfTheStoreAndNothingElse) {
  damageOne();
  runProgram(
      {GEMMSMITH, "build", "--backend", "llvm", "--config", kKernel, "--config", kOtherKernel},
      environment(store_)); // quarantines it
  writeFile(entryFiles().front(), "");
  writeFile(store_ / "notes.txt", "somebody's");
  EXPECT_EQ(cacheJson({"stat"})["quarantined"], 1);
  EXPECT_EQ(cacheJson({"clear"})["entries_left"], 0);
  EXPECT_EQ(cacheJson({"stat"})["quarantined"], 0);
  EXPECT_TRUE(fs::exists(store_ / "notes.txt"));
  EXPECT_EQ(std::distance(fs::directory_iterator(store_), fs::directory_iterator()), 1);
}

TEST_F(Cache, ExportedBundleImportsAsTheSameEntries) {
  const std::string bundle = root_ / "kernels.gsb";
  EXPECT_EQ(cacheJson({"export", bundle})["entries"], 2);
  EXPECT_EQ(cacheJson({"verify", bundle})["bad"], 0);
  const json before = cacheJson({"ls"});
  const std::string bytes = readFile(entryFiles().front());
  const fs::path file = entryFiles().front();
  ASSERT_EQ(cache({"clear"}).exit_code, 0);
  EXPECT_EQ(cacheJson({"import", bundle})["entries"], 2);
  EXPECT_EQ(cacheJson({"ls"})["entries"].size(), before["entries"].size());
  EXPECT_EQ(readFile(file), bytes);
  const std::string again = root_ / "again.gsb";
  ASSERT_EQ(cache({"export", again}).exit_code, 0);
  EXPECT_EQ(readFile(again), readFile(bundle));
}

TEST_F(Cache, ExportTakesTheKernelsThatAreNamed) {
  const std::string bundle = root_ / "kernels.gsb";
  EXPECT_EQ(cacheJson({"export", bundle, kKernel})["entries"], 1);
  const ProgramResult missing =
      cache({"export", bundle, "gemm_gfx950_bf16_bf16_ring_t16x64x64_s4_w1x1x1"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("is not in the store"));
  EXPECT_EQ(cache({"export", bundle, "--compiler", "00000000000000000000000000000000"}).exit_code,
            1);
  const std::string compiler = cacheJson({"ls"})["entries"][0]["compiler"];
  EXPECT_EQ(cacheJson({"export", bundle, "--compiler", compiler})["entries"], 2);
}

TEST_F(Cache, ExportLeavesDamageOutAndSaysSo) {
  damageOne();
  const ProgramResult result = cache({"export", root_ / "kernels.gsb"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning"));
  EXPECT_THAT(result.out, HasSubstr("1 entry in"));
}

TEST_F(Cache, ImportOfADamagedBundleFails) {
  const std::string bundle = root_ / "kernels.gsb";
  ASSERT_EQ(cache({"export", bundle}).exit_code, 0);
  std::string bytes = readFile(bundle);
  bytes[30] ^= 1;
  writeFile(bundle, bytes);
  for (const char *command : {"import", "verify"}) {
    const ProgramResult result = cache({command, bundle});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr(bundle), HasSubstr("checksum of its index")));
  }
  EXPECT_EQ(cache({"import", root_ / "absent.gsb"}).exit_code, 1);
}

TEST_F(Cache, SignedBundleIsTakenByWhoHasTheKeyAndAnUnsignedOneIsNot) {
  const std::string bundle = root_ / "kernels.gsb";
  const KeyFiles keys = writeKeys(root_ / "own");
  const KeyFiles others = writeKeys(root_ / "other");
  ASSERT_EQ(cache({"export", bundle, "--sign", keys.private_key}).exit_code, 0);
  EXPECT_EQ(cache({"verify", bundle, "--public-key", keys.public_key}).exit_code, 0);
  EXPECT_EQ(cache({"import", bundle, "--public-key", keys.public_key}).exit_code, 0);
  EXPECT_EQ(cache({"import", bundle}).exit_code, 0);
  for (const char *command : {"verify", "import"}) {
    const ProgramResult result = cache({command, bundle, "--public-key", others.public_key});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("not signed with the key of " + others.public_key));
  }
  ASSERT_EQ(cache({"export", bundle}).exit_code, 0);
  const ProgramResult bare = cache({"import", bundle, "--public-key", keys.public_key});
  EXPECT_EQ(bare.exit_code, 1);
  EXPECT_THAT(bare.err, HasSubstr("it is not signed"));
  EXPECT_EQ(cache({"export", bundle, "--sign", keys.public_key}).exit_code, 1);
}

TEST_F(Cache, BuildSignsItsBundle) {
  const std::string bundle = root_ / "kernels.gsb";
  const KeyFiles keys = writeKeys(root_ / "own");
  const ProgramResult built = runProgram({GEMMSMITH, "build", "--backend", "llvm", "--config",
                                          kKernel, "--bundle", bundle, "--sign", keys.private_key},
                                         environment(store_));
  ASSERT_EQ(built.exit_code, 0) << built.err;
  EXPECT_EQ(cache({"verify", bundle, "--public-key", keys.public_key}).exit_code, 0);
}

TEST_F(Cache, StoreThatIsOnlyReadIsNotChanged) {
  const std::string bundle = root_ / "kernels.gsb";
  ASSERT_EQ(cache({"export", bundle}, "ro").exit_code, 0);
  for (const std::vector<std::string> &command :
       std::vector<std::vector<std::string>>{{"gc"}, {"clear"}, {"import", bundle}})
    for (const char *mode : {"ro", "require"}) {
      const ProgramResult result = cache(command, mode);
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_THAT(result.err, HasSubstr("set it to rw"));
    }
  EXPECT_EQ(entryFiles().size(), 2u);
  EXPECT_EQ(cache({"ls"}, "off").exit_code, 1);
}

TEST_F(Cache, UnsafeStoreIsRefusedWithItsReason) {
  fs::permissions(store_, fs::perms::group_write, fs::perm_options::add);
  for (const char *command : {"ls", "stat", "verify", "gc", "clear"}) {
    const ProgramResult result = cache({command});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr(store_.string()), HasSubstr("mode is 720")));
  }
}

TEST_F(Cache, WrongCommandLinesAreUsageErrors) {
  EXPECT_EQ(cache({}).exit_code, 2);
  EXPECT_EQ(cache({"list"}).exit_code, 2);
  EXPECT_EQ(cache({"show"}).exit_code, 2);
  EXPECT_EQ(cache({"import"}).exit_code, 2);
  EXPECT_EQ(cache({"ls"}, "maybe").exit_code, 2);
}

} // namespace
} // namespace gemmsmith
