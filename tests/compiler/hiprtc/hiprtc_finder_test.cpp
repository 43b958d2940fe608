// findHiprtcs with ROCms that do as they are told.

#include "compiler/hiprtc/hiprtc_finder.h"
#include "configs/file_descriptor.h"
#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/compiler/hiprtc/worker_session.h"

#include <chrono>
#include <filesystem>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

class HiprtcFinder : public WorkerSession {
protected:
  void SetUp() override {
    WorkerSession::SetUp();
    setEnvironment("GEMMSMITH_HIPRTC", "");
    setEnvironment("ROCM_PATH", "");
    options_.program = HIPRTC_WORKER;
  }

  // The only one, which GEMMSMITH_HIPRTC names.
  HiprtcDescription findGiven(const std::string &path) {
    setEnvironment("GEMMSMITH_HIPRTC", path);
    const auto found = findHiprtcs(options_);
    EXPECT_TRUE(found) << found.error().str();
    EXPECT_EQ(found->size(), 1u);
    return found->front();
  }

  HiprtcFinderOptions options_;
};

TEST_F(HiprtcFinder, TakesALibraryOrItsRocm) {
  const HiprtcDescription by_file = findGiven(FAKE_ROCM "/lib/libhiprtc.so.7");
  const HiprtcDescription by_directory = findGiven(FAKE_ROCM);
  EXPECT_TRUE(by_file.usable) << by_file.reason;
  EXPECT_TRUE(by_directory.usable) << by_directory.reason;
  EXPECT_EQ(by_file.path, by_directory.path);
  EXPECT_EQ(by_file.identity, by_directory.identity);
  EXPECT_EQ(by_file.origin, "GEMMSMITH_HIPRTC");
}

TEST_F(HiprtcFinder, SaysThatWhatWasNamedIsNotThere) {
  EXPECT_EQ(findGiven("/nowhere/libhiprtc.so.7").reason, "there is no /nowhere/libhiprtc.so.7");
  EXPECT_EQ(findGiven("/usr/include").reason,
            "/usr/include holds neither libhiprtc.so nor libamdhip64.so");
}

TEST_F(HiprtcFinder, SaysThatAFileIsNoHiprtc) {
  const fs::path comgr = FAKE_ROCM "/lib/libamd_comgr.so.3";
  EXPECT_EQ(findGiven(comgr).reason, FAKE_ROCM "/lib/libamd_comgr.so.3.9.0 has no hiprtc in it");
  EXPECT_THAT(findGiven("/etc/passwd").reason, HasSubstr("cannot be loaded"));
}

TEST_F(HiprtcFinder, SaysThatTheComgrIsMissing) {
  const fs::path alone = temporary() / "alone";
  fs::create_directory(alone);
  fs::copy_file(FAKE_ROCM "/lib/libhiprtc.so.7.9.1", alone / "libhiprtc.so.7");
  // Not where a ROCm is, but where the loader finds it by its soname: that one must not be taken.
  EXPECT_THAT(findGiven(alone / "libhiprtc.so.7").reason,
              AllOf(HasSubstr("its comgr cannot be loaded"), HasSubstr("libamd_comgr.so.3")));
  fs::remove_all(alone);
}

TEST_F(HiprtcFinder, AbortWhileLoadingIsAReason) {
  setEnvironment(fake::kVariable, fake::kLoadAborts);
  const HiprtcDescription d = findGiven(FAKE_ROCM);
  EXPECT_FALSE(d.usable);
  EXPECT_THAT(d.reason, AllOf(HasSubstr("SIGABRT"), HasSubstr("aborted while loading")));
  EXPECT_EQ(d.library, FAKE_ROCM "/lib/libhiprtc.so.7");
}

TEST_F(HiprtcFinder, AbortOfTheProbeIsAReason) {
  setEnvironment(fake::kVariable, fake::kProbeAborts);
  EXPECT_THAT(findGiven(FAKE_ROCM).reason, AllOf(HasSubstr("SIGABRT"), HasSubstr("last words")));
}

TEST_F(HiprtcFinder, HangOfTheProbeIsAReason) {
  setEnvironment(fake::kVariable, fake::kProbeHangs);
  options_.time_limit = std::chrono::milliseconds(300);
  EXPECT_THAT(findGiven(FAKE_ROCM).reason, HasSubstr("took longer than 0.3 s"));
}

TEST_F(HiprtcFinder, FailureOfTheProbeIsAReasonWithTheLog) {
  setEnvironment(fake::kVariable, fake::kProbeFails);
  const HiprtcDescription d = findGiven(FAKE_ROCM);
  EXPECT_FALSE(d.usable);
  EXPECT_EQ(d.reason, "does not compile for gfx950: HIPRTC_ERROR_COMPILATION\n"
                      "error: no such instruction");
}

TEST_F(HiprtcFinder, AnInterruptEndsTheSearch) {
  setEnvironment(fake::kVariable, fake::kProbeHangs);
  setEnvironment("GEMMSMITH_HIPRTC", FAKE_ROCM);
  const FileDescriptor event(::eventfd(0, EFD_CLOEXEC));
  options_.interrupt_fd = event.get();
  std::thread signal([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ::eventfd_write(event.get(), 1);
  });
  const auto start = std::chrono::steady_clock::now();
  const auto found = findHiprtcs(options_);
  signal.join();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().str(), "interrupted");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

TEST_F(HiprtcFinder, ARootThatIsNoneIsAnErrorThatNamesTheVariable) {
  setEnvironment("GEMMSMITH_ROCM_ROOT", "/nowhere");
  const auto found = findHiprtcs({});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message,
              HasSubstr("GEMMSMITH_ROCM_ROOT: /nowhere is no root made by tools/rocm-sysroot.sh"));
}

TEST_F(HiprtcFinder, ARelativeRootIsNamedInFull) {
  setEnvironment("GEMMSMITH_ROCM_ROOT", "here");
  EXPECT_EQ(hiprtcLauncher(), fs::current_path() / "here/run");
}

TEST_F(HiprtcFinder, OneRocmByTwoNamesIsFoundOnce) {
  const fs::path link = temporary() / "rocm";
  fs::create_directory_symlink(FAKE_ROCM, link);
  setEnvironment("ROCM_PATH", link);
  setEnvironment("LD_LIBRARY_PATH", FAKE_ROCM "/lib"); // for soname libhiprtc.so.7
  const auto found = findHiprtcs(options_);
  fs::remove(link);
  ASSERT_TRUE(found) << found.error().str();
  int times = 0;
  for (const HiprtcDescription &d : *found)
    times += d.path == FAKE_ROCM "/lib/libhiprtc.so.7.9.1" ? 1 : 0;
  EXPECT_EQ(times, 1);
  EXPECT_EQ(found->front().origin, "ROCM_PATH");
  EXPECT_EQ(found->front().library, link / "lib/libhiprtc.so.7");
}

TEST_F(HiprtcFinder, FindsSonamesByTheLoader) {
  setEnvironment("LD_LIBRARY_PATH", FAKE_ROCM "/lib");
  options_.stop_at_usable = true;
  const auto found = findHiprtcs(options_);
  ASSERT_TRUE(found) << found.error().str();
  ASSERT_FALSE(found->empty());
  EXPECT_TRUE(found->back().usable) << found->back().reason;
  EXPECT_EQ(found->back().origin, "soname libhiprtc.so.7");
}

TEST_F(HiprtcFinder, StopsAtTheFirstUsable) {
  setEnvironment("ROCM_PATH", FAKE_ROCM);
  options_.stop_at_usable = true;
  const auto found = findHiprtcs(options_);
  ASSERT_TRUE(found) << found.error().str();
  EXPECT_THAT(*found, ElementsAre(Field(&HiprtcDescription::origin, "ROCM_PATH")));
}

TEST_F(HiprtcFinder, AWorkerThatCannotStartIsTheError) {
  options_.program = "/nowhere/gemmsmith-hiprtc";
  const auto found = findHiprtcs(options_);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("/nowhere/gemmsmith-hiprtc"));
}

} // namespace
} // namespace gemmsmith
