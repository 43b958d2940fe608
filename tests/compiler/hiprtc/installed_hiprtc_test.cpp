// gemmsmith-hiprtc with real ROCms: Debian's 5.2.3, where it is installed, and the 7.2.4 of
// tools/rocm-sysroot.sh, whose directory $GEMMSMITH_ROCM_ROOT names.

#include "compiler/hiprtc/hiprtc_finder.h"
#include "tests/compiler/hiprtc/worker_session.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <filesystem>
#include <gmock/gmock.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kSource = R"(
extern "C" __attribute__((global)) void store_three(float *to) {
  to[__builtin_amdgcn_workitem_id_x()] = 3.0f;
}
)";

// A ROCm, and a processor that it compiles for.
class InstalledHiprtc : public WorkerSession {
protected:
  WorkerRequest request(const std::string &source) const {
    return {.op = WorkerOp::kCompileHip,
            .payload = bytesOf(source),
            .library = library_,
            .target = target_,
            .name = "a_kernel"};
  }

  Expected<WorkerResponse> compile(const std::string &source) {
    WorkerPool pool(options());
    return call(pool, request(source));
  }

  std::string errorOf(const std::string &source) {
    const auto response = compile(source);
    return response ? "compiled" : response.error().str();
  }

  Expected<std::vector<HiprtcDescription>> find(const std::string &target) {
    return findHiprtcs({.target = target, .program = program_, .launcher = launcher_});
  }

  void expectCodeObject(const std::vector<std::byte> &bytes, unsigned machine) {
    Elf64_Ehdr header;
    ASSERT_GE(bytes.size(), sizeof header);
    std::memcpy(&header, bytes.data(), sizeof header);
    EXPECT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
    EXPECT_EQ(header.e_machine, EM_AMDGPU);
    EXPECT_EQ(header.e_flags & 0xffu, machine); // EF_AMDGPU_MACH of AMDGPUUsage
    EXPECT_THAT(textOf(bytes), HasSubstr("store_three.kd"));
  }

  WorkerPoolOptions options(int workers = 1) const {
    WorkerPoolOptions options = poolOptions(program_, workers);
    options.launcher = launcher_;
    return options;
  }

  fs::path program_ = HIPRTC_WORKER;
  fs::path launcher_; // empty: none
  std::string library_;
  std::string target_;
};

class DebianHiprtc : public InstalledHiprtc {
protected:
  void SetUp() override {
    InstalledHiprtc::SetUp();
    library_ = DEBIAN_HIPRTC;
    if (library_.empty())
      GTEST_SKIP() << "Debian's ROCm is not installed: the package libamdhip64-5 has it";
    target_ = "gfx90a";
  }
};

TEST_F(DebianHiprtc, HasNoGfx950AndSaysWhatToDo) {
  const auto found = find("gfx950");
  ASSERT_TRUE(found) << found.error().str();
  const auto debian = std::ranges::find_if(
      *found, [](const HiprtcDescription &d) { return d.hip_version.starts_with("5.2."); });
  ASSERT_NE(debian, found->end());
  EXPECT_FALSE(debian->usable);
  EXPECT_EQ(debian->llvm_major, 15);
  EXPECT_EQ(debian->comgr_version, "2.4");
  EXPECT_THAT(debian->isas, AllOf(Contains("gfx90a"), Not(Contains("gfx950"))));
  EXPECT_EQ(debian->reason,
            "comgr 2.4 (LLVM 15) knows no gfx950; that needs ROCm 7.0 or later (this is 5.2): "
            "install a newer ROCm or use --backend llvm");
}

TEST_F(DebianHiprtc, IsNotAskedForGfx950) {
  target_ = "gfx950"; // it would abort
  EXPECT_THAT(errorOf(kSource), HasSubstr("a_kernel: comgr 2.4 (LLVM 15) knows no gfx950"));
}

TEST_F(DebianHiprtc, CompilesForGfx90a) {
  const auto response = compile(kSource);
  ASSERT_TRUE(response) << response.error().str();
  expectCodeObject(response->payload, 0x3f);
  EXPECT_THAT(response->identity, HasSubstr("options -O3 -std=c++17 -nogpuinc -nogpulib;"));
}

TEST_F(DebianHiprtc, MakesTheSameCodeObjectInEveryProcess) {
  const auto first = compile(kSource);
  const auto second = compile(kSource);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->payload, second->payload);
  EXPECT_EQ(first->identity, second->identity);
}

TEST_F(DebianHiprtc, CompileErrorsComeWithTheirLog) {
  EXPECT_THAT(errorOf("extern \"C\" __attribute__((global)) void k() { nothing(); }"),
              AllOf(HasSubstr("HIPRTC_ERROR_COMPILATION"),
                    HasSubstr("use of undeclared identifier 'nothing'"), Not(HasSubstr("/tmp"))));
}

TEST_F(DebianHiprtc, UnknownBuiltinsAreNamed) {
  EXPECT_THAT(errorOf("extern \"C\" __attribute__((global)) void k() { "
                      "__builtin_amdgcn_permlane32_swap(1, 2, 0, 0); }"),
              HasSubstr("'__builtin_amdgcn_permlane32_swap'"));
}

TEST_F(DebianHiprtc, AssemblerErrorsAreThereThoughTheLogHasThemNot) {
  EXPECT_THAT(errorOf("extern \"C\" __attribute__((global)) void k() { "
                      "asm volatile(\"v_nonsense v0, v1\"); }"),
              AllOf(HasSubstr("cannot compile inline asm"), HasSubstr("v_nonsense v0, v1")));
}

TEST_F(DebianHiprtc, RefusedOptionsOfTheRequestAreAnError) {
  WorkerPool pool(options());
  WorkerRequest with_option = request(kSource);
  with_option.compiler_options = {"-no-such-option"};
  const auto response = call(pool, std::move(with_option));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("'-no-such-option'"));
}

class RocmRoot : public InstalledHiprtc {
protected:
  void SetUp() override {
    InstalledHiprtc::SetUp();
    const char *root = std::getenv("GEMMSMITH_ROCM_ROOT");
    if (root == nullptr || *root == 0)
      GTEST_SKIP() << "GEMMSMITH_ROCM_ROOT names no ROCm: make one with tools/rocm-sysroot.sh";
    launcher_ = fs::path(root) / "run";
    library_ = "libhiprtc.so.7";
    target_ = "gfx950";
  }
};

TEST_F(RocmRoot, IsFoundAndUsable) {
  const auto found =
      findHiprtcs({.program = program_, .launcher = launcher_, .stop_at_usable = true});
  ASSERT_TRUE(found) << found.error().str();
  ASSERT_FALSE(found->empty());
  const HiprtcDescription &d = found->back();
  EXPECT_TRUE(d.usable) << d.reason;
  EXPECT_THAT(d.hip_version, testing::StartsWith("7.2."));
  EXPECT_THAT(d.isas, Contains("gfx950"));
  EXPECT_GE(d.llvm_major, 22);
}

TEST_F(RocmRoot, HidesWhatItsLoaderCannotLoadOfTheSystem) {
  const auto found = find("gfx950");
  ASSERT_TRUE(found) << found.error().str();
  for (const HiprtcDescription &d : *found) {
    const bool by_soname = d.origin.starts_with("soname ");
    EXPECT_FALSE(by_soname && d.reason.starts_with("cannot be loaded")) << d.library;
  }
}

TEST_F(RocmRoot, CompilesForGfx950WithoutHeaders) {
  const auto response = compile(kSource);
  ASSERT_TRUE(response) << response.error().str();
  expectCodeObject(response->payload, 0x4f);
  EXPECT_THAT(response->identity,
              HasSubstr("options -O3 -std=c++17 --hiprtc-no-builtin-header -nogpuinc -nogpulib;"));
}

TEST_F(RocmRoot, MakesTheSameCodeObjectInEveryProcess) {
  const auto first = compile(kSource);
  const auto second = compile(kSource);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->payload, second->payload);
  EXPECT_EQ(first->identity, second->identity);
}

TEST_F(RocmRoot, CompileErrorsComeWithTheirLog) {
  EXPECT_THAT(errorOf("extern \"C\" __attribute__((global)) void k() { nothing(); }"),
              AllOf(HasSubstr("a_kernel.hip:1:"),
                    HasSubstr("use of undeclared identifier 'nothing'"), Not(HasSubstr("/tmp"))));
}

TEST_F(RocmRoot, UnknownBuiltinsAreNamed) {
  EXPECT_THAT(errorOf("extern \"C\" __attribute__((global)) void k() { "
                      "__builtin_amdgcn_nonsense(1); }"),
              HasSubstr("'__builtin_amdgcn_nonsense'"));
}

TEST_F(RocmRoot, SeveralCompileSideBySide) {
  const auto alone = compile(kSource);
  ASSERT_TRUE(alone) << alone.error().str();
  WorkerPool pool(options(2));
  std::vector<std::future<Expected<WorkerResponse>>> responses;
  for (int i = 0; i < 8; ++i)
    responses.push_back(
        std::async(std::launch::async, [&] { return call(pool, request(kSource)); }));
  for (auto &future : responses) {
    const auto response = future.get();
    ASSERT_TRUE(response) << response.error().str();
    EXPECT_EQ(response->payload, alone->payload);
  }
}

} // namespace
} // namespace gemmsmith
