// One application, and every place that its kernels can come from: the first process has them
// compiled, the second finds them on disk, the third in a bundle on a machine without a compiler,
// others in remote stores.
#include "tests/e2e/application/serving.h"
#include "tests/support/nginx.h"
#include "tests/support/server_process.h"

#include <fmt/format.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;

class Chain : public Serving {
protected:
  // A copy of the library with nothing beside it.
  std::map<std::string, std::string> withoutCompiler() const {
    fs::create_directories(folder_.file("alone/lib"));
    const std::string library = folder_.file("alone/lib/libgemmsmith.so.0");
    if (!fs::exists(library))
      fs::copy_file(LIBRARY_FILE, library);
    for (const std::string module : {HTTP_MODULE, REDIS_MODULE})
      fs::copy_file(module, folder_.file("alone/lib") / fs::path(module).filename(),
                    fs::copy_options::skip_existing);
    return {{"LD_LIBRARY_PATH", folder_.file("alone/lib") + ":" + HIPEMU_FOLDER},
            {"GEMMSMITH_PROGRAM", ""},
            {"GEMMSMITH_CACHE_DIR", folder_.file("other-store")}};
  }
  std::string compiler() const {
    const ProgramResult shown = command({"cache", "ls", "--json"});
    return nlohmann::json::parse(shown.out).at("entries").at(0).at("compiler");
  }
  // Has everything compiled and put into `remote` too.
  void fill(const std::string &remote) const {
    expectAllFrom("service", run({{"GEMMSMITH_REMOTE", remote + "|write"}}));
    stopService();
  }
  // An empty store, no service and no compiler.
  void expectServedBy(const std::string &remote) const {
    auto machine = withoutCompiler();
    machine["GEMMSMITH_REMOTE"] = remote;
    machine["GEMMSMITH_COMPILER"] = compiler();
    expectAllFrom("remote", run(machine));
    // It has kept them.
    machine["GEMMSMITH_REMOTE"] = "";
    expectAllFrom("disk", run(machine));
  }
};

TEST_F(Chain, TheFirstProcessCompilesAndTheSecondFindsThemOnDisk) {
  expectAllFrom("service", run());
  EXPECT_EQ(status().at("compiles"), kKernels);
  expectAllFrom("disk", run());
  EXPECT_EQ(status().at("compiles"), kKernels);
  stopService();
  expectAllFrom("disk", run());
  EXPECT_TRUE(status().is_null()) << "a service was started for what was on disk";
}

TEST_F(Chain, WithPrepareAllKernelsAreAskedForAtOnce) {
  expectAllFrom("service", run({}, {"--prepare"}));
  EXPECT_EQ(status().at("compiles"), kKernels);
}

TEST_F(Chain, AServiceWithAnotherStoreFillsTheApplicationsToo) {
  expectAllFrom("service", run());
  expectAllFrom("service", run({{"GEMMSMITH_CACHE_DIR", folder_.file("mine")}}));
  EXPECT_EQ(status().at("compiles"), kKernels) << "compiled again";
  stopService();
  // Only a service records its compiler, in its own store; what is in this one names it too.
  expectAllFrom("disk",
                run({{"GEMMSMITH_CACHE_DIR", folder_.file("mine")}, {"GEMMSMITH_SERVICE", "off"}}));
}

TEST_F(Chain, ABundleServesAMachineWithoutACompiler) {
  expectAllFrom("service", run());
  const std::string bundle = folder_.file("kernels.gsb");
  const ProgramResult exported = command({"cache", "export", bundle});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  stopService();
  auto machine = withoutCompiler();
  machine["GEMMSMITH_BUNDLES"] = bundle;
  expectAllFrom("bundle", run(machine));
  EXPECT_TRUE(status().is_null());
}

TEST_F(Chain, ABuildOfTheTableServesWithoutAService) {
  const ProgramResult built = command({"build", APPLICATION_TABLE});
  ASSERT_EQ(built.exit_code, 0) << built.err;
  expectAllFrom("disk", run({{"GEMMSMITH_SERVICE", "connect"}}));
  EXPECT_TRUE(status().is_null());
}

TEST_F(Chain, NginxServesAMachineWithoutACompiler) {
  const int port = ServerProcess::freePort();
  fs::create_directories(folder_.file("files"));
  const ServerProcess nginx(
      nginxCommand(folder_.path(),
                   folder_.write("nginx.conf", nginxConfiguration(folder_.path(), port))),
      port);
  const std::string url = fmt::format("http://127.0.0.1:{}/gemmsmith", port);
  fill(url);
  expectServedBy(url);
}

TEST_F(Chain, RedisServesAMachineWithoutACompiler) {
  const int port = ServerProcess::freePort();
  const ServerProcess redis({"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1",
                             "--save", "", "--appendonly", "no", "--dir", folder_.path()},
                            port);
  const std::string url = fmt::format("redis://127.0.0.1:{}", port);
  fill(url);
  expectServedBy(url);
}

TEST_F(Chain, ARemoteStoreThatIsGoneCostsOneWarning) {
  const std::string url = fmt::format("http://127.0.0.1:{}/gemmsmith", ServerProcess::freePort());
  const ProgramResult result = run({{"GEMMSMITH_REMOTE", url}});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(countsOf(result)["service"], kKernels);
  EXPECT_LE(countsOf(result)["warnings"], 1) << result.err;
}

TEST_F(Chain, WithoutACompilerAnEmptyStoreSaysWhatToDo) {
  const ProgramResult result = run(withoutCompiler(), {"--problems", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("no code object"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("no compile service listens there"), std::string::npos) << result.err;
}

} // namespace
} // namespace gemmsmith
