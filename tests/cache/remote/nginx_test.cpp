// Against nginx itself, with its WebDAV module.
#include "tests/cache/remote/remote_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/server_process.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class NginxTest : public RemoteFixture {
protected:
  void SetUp() override {
    fs::create_directories(files_);
    start();
  }
  void start() {
    server_.emplace(
        nginxCommand(root_, folder_.write("nginx.conf", nginxConfiguration(root_, port_))), port_);
  }
  std::string url(const char *path = "gemmsmith") const {
    return fmt::format("http://127.0.0.1:{}/{}", port_, path);
  }
  std::vector<fs::path> kept(const char *folder) const {
    std::vector<fs::path> paths;
    if (fs::exists(files_ / "gemmsmith" / folder))
      for (const auto &file : fs::directory_iterator(files_ / "gemmsmith" / folder))
        paths.push_back(file.path());
    return paths;
  }

  const fs::path files_ = root_ / "files";
  const int port_ = ServerProcess::freePort();
  std::optional<ServerProcess> server_;
};

TEST_F(NginxTest, KeepsAndGives) {
  const Entry large = sampleEntry(sampleKey(kOtherKernel), std::size_t{4} << 20);
  Store store = open(url() + "|write", StoreMode::kReadWrite);
  get(store, 1);
  store.put(sampleEntry());
  store.put(large);
  Store other = open(url("readonly"), StoreMode::kReadOnly, root_ / "other");
  EXPECT_TRUE(remoteHas(other));
  EXPECT_TRUE(remoteHas(other, large));
  EXPECT_THAT(kept("ac"), SizeIs(2));
  EXPECT_THAT(kept("cas"), SizeIs(2));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(NginxTest, DamageInItsFilesIsRemovedAndRepaired) {
  Store store = open(url() + "|write", StoreMode::kReadWrite);
  store.put(sampleEntry());
  writeFile(kept("cas").front(), "damaged");
  Store other = open(url() + "|write", StoreMode::kReadWrite, root_ / "other");
  get(other, 1);
  EXPECT_THAT(kept("ac"), IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("SHA-256")));
  other.put(sampleEntry());
  Store third = open(url(), StoreMode::kReadOnly, root_ / "third");
  EXPECT_TRUE(remoteHas(third));
}

TEST_F(NginxTest, LocationWithoutWebDavIsNotWrittenTo) {
  Store store = open(url("readonly") + "|write", StoreMode::kReadWrite);
  for (int i = 0; i < 5; ++i)
    store.put(sampleEntry());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("does not take this kind of request (HTTP status "
                                               "405)")));
}

TEST_F(NginxTest, KilledAndRestartedInMidUse) {
  Store writer = open(url() + "|write", StoreMode::kReadWrite);
  writer.put(sampleEntry());
  Store store = open(url(), StoreMode::kReadOnly, root_ / "other");
  EXPECT_TRUE(remoteHas(store));
  server_->kill();
  get(store, 2);
  start();
  EXPECT_TRUE(remoteHas(store));
  EXPECT_THAT(warnings_, IsEmpty());
  server_->kill();
  get(store, 4);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is not used any more")));
}

} // namespace
} // namespace gemmsmith
