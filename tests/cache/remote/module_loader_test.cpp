#include "tests/cache/remote/remote_fixture.h"

#include <array>
#include <cstdio>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class ModuleLoader : public RemoteFixture {
protected:
  // What a copy of this program in another folder says of an HTTP remote.
  static std::string warningsOfCopy(const fs::path &program) {
    fs::create_directories(program.parent_path());
    fs::copy_file("/proc/self/exe", program);
    const std::string command =
        program.string() + " --gtest_also_run_disabled_tests --gtest_filter=*.DISABLED_Report";
    std::string output;
    std::array<char, 4096> buffer{};
    FILE *const pipe = ::popen(command.c_str(), "r");
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output.append(buffer.data(), size);
    ::pclose(pipe);
    return output;
  }
};

// Run by a copy of this program: asks a remote that nobody listens at.
TEST_F(ModuleLoader, DISABLED_Report) {
  Store store = open("http://127.0.0.1:1");
  get(store, 3);
  for (const std::string &warning : warnings_)
    std::printf("warning: %s\n", warning.c_str());
}

TEST_F(ModuleLoader, MissingModuleIsOneWarningThatSaysWhatToInstall) {
  const std::string said = warningsOfCopy(root_ / "bin" / "program");
  const std::string warning =
      "warning: the remote store http://127.0.0.1:1 is not used: libgemmsmith_http.so cannot be "
      "loaded (libgemmsmith_http.so: cannot open shared object file: No such file or directory); "
      "install Gemmsmith's component gemmsmith_remote, and libcurl\n";
  EXPECT_THAT(said, HasSubstr(warning));
  EXPECT_EQ(said.find("warning: "), said.rfind("warning: "));
}

TEST_F(ModuleLoader, ModuleOfAnotherVersionIsRefused) {
  fs::create_directories(root_ / "bin");
  fs::copy_file(OTHER_MODULE, root_ / "bin" / "libgemmsmith_http.so");
  EXPECT_THAT(warningsOfCopy(root_ / "bin" / "program"),
              HasSubstr("libgemmsmith_http.so is of another version of Gemmsmith"));
}

TEST_F(ModuleLoader, FileThatIsNoModuleIsNamed) {
  folder_.write("libgemmsmith_http.so", "no library");
  EXPECT_THAT(warningsOfCopy(root_ / "program"), HasSubstr("libgemmsmith_http.so: "));
}

TEST_F(ModuleLoader, ModulesLieBesideAProgramOrInLibNextToIt) {
  fs::create_directories(root_ / "a" / "lib");
  fs::copy_file(HTTP_MODULE, root_ / "a" / "lib" / "libgemmsmith_http.so");
  EXPECT_THAT(warningsOfCopy(root_ / "a" / "bin" / "program"), HasSubstr("Failed to connect"));
  fs::create_directories(root_ / "b");
  fs::copy_file(HTTP_MODULE, root_ / "b" / "libgemmsmith_http.so");
  EXPECT_THAT(warningsOfCopy(root_ / "b" / "program"), HasSubstr("Failed to connect"));
}

TEST_F(ModuleLoader, NoModuleIsLoadedWhereTheDirectoryHasTheEntry) {
  const auto loaded = [] {
    return readFile("/proc/self/maps").find("libgemmsmith_") != std::string::npos;
  };
  Store store = open("http://127.0.0.1:1", StoreMode::kReadWrite);
  store.put(sampleEntry());
  EXPECT_EQ(originOf(store), entryPath());
  EXPECT_FALSE(loaded());
  get(store, 1, sampleKey(kOtherKernel));
  EXPECT_TRUE(loaded());
}

} // namespace
} // namespace gemmsmith
