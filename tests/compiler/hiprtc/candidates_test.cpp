#include "compiler/hiprtc/candidates.h"

#include "tests/support/temporary_folder.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class HiprtcCandidates : public testing::Test {
protected:
  void SetUp() override { sources_.opt = root_ / "opt"; }

  // An empty file below the root.
  std::string add(const std::string &file) {
    const fs::path path = root_ / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path).flush();
    return path;
  }

  // Libraries of the candidates before the sonames.
  std::vector<std::string> found() const {
    std::vector<std::string> libraries;
    for (const HiprtcCandidate &candidate : findCandidates(sources_))
      if (!candidate.origin.starts_with("soname "))
        libraries.push_back(candidate.library);
    return libraries;
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
  CandidateSources sources_;
};

TEST_F(HiprtcCandidates, WithoutAnyRocmAreTheSonamesFromTheNewest) {
  const auto candidates = findCandidates(sources_);
  ASSERT_EQ(candidates.size(), 12u);
  EXPECT_EQ(candidates.front(), (HiprtcCandidate{"libhiprtc.so.10", "soname libhiprtc.so.10"}));
  EXPECT_EQ(candidates[1].library, "libamdhip64.so.10");
  EXPECT_EQ(candidates.back().library, "libamdhip64.so.5");
}

TEST_F(HiprtcCandidates, RocmPathComesBeforeOpt) {
  const std::string of_opt = add("opt/rocm/lib/libhiprtc.so.7");
  const std::string of_path = add("mine/lib/libhiprtc.so.6");
  sources_.rocm_path = root_ / "mine";
  EXPECT_THAT(found(), ElementsAre(of_path, of_opt));
  EXPECT_EQ(findCandidates(sources_).front().origin, "ROCM_PATH");
}

TEST_F(HiprtcCandidates, VersionedRocmsComeFromTheNewestByNumber) {
  const std::string v6 = add("opt/rocm-6.4.3/lib/libhiprtc.so.6");
  const std::string v10 = add("opt/rocm-10.0.0/lib/libhiprtc.so.10");
  const std::string v7 = add("opt/rocm-7.2/lib/libhiprtc.so.7");
  const std::string unversioned = add("opt/rocm/lib/libhiprtc.so.6");
  add("opt/rockets/lib/libhiprtc.so.9");
  EXPECT_THAT(found(), ElementsAre(unversioned, v10, v7, v6));
}

TEST_F(HiprtcCandidates, LibhiprtcIsTakenBeforeLibamdhip64) {
  add("opt/rocm/lib/libamdhip64.so.7");
  const std::string hiprtc = add("opt/rocm/lib64/libhiprtc.so.7");
  EXPECT_THAT(found(), ElementsAre(hiprtc));
}

TEST_F(HiprtcCandidates, RocmFiveHasItInLibamdhip64) {
  const std::string hip = add("opt/rocm-5.2.3/lib/libamdhip64.so.5");
  add("opt/rocm-5.2.3/lib/libhiprtc-builtins.so.5");
  EXPECT_THAT(found(), ElementsAre(hip));
}

TEST_F(HiprtcCandidates, TheNewestSonameOfADirectoryIsTaken) {
  add("opt/rocm/lib/libhiprtc.so.9");
  add("opt/rocm/lib/libhiprtc.so");
  add("opt/rocm/lib/libhiprtc.so.10.0.1");
  const std::string newest = add("opt/rocm/lib/libhiprtc.so.10");
  EXPECT_THAT(found(), ElementsAre(newest));
}

TEST_F(HiprtcCandidates, WhatIsGivenIsTheOnlyOne) {
  add("opt/rocm/lib/libhiprtc.so.7");
  const std::string given = add("mine/lib/libhiprtc.so.7");
  sources_.rocm_path = "/elsewhere";
  for (const fs::path &path : {fs::path(given), root_ / "mine", root_ / "mine/lib"}) {
    sources_.given = path;
    EXPECT_THAT(findCandidates(sources_), ElementsAre(HiprtcCandidate{given, "GEMMSMITH_HIPRTC"}));
  }
}

TEST_F(HiprtcCandidates, WhatIsGivenRelativelyIsNamedInFull) {
  const std::string given = add("mine/libhiprtc.so.7");
  const fs::path before = fs::current_path();
  fs::current_path(root_ / "mine");
  for (const char *path : {"libhiprtc.so.7", "./libhiprtc.so.7", ".", "../mine"}) {
    sources_.given = path;
    EXPECT_THAT(findCandidates(sources_), ElementsAre(HiprtcCandidate{given, "GEMMSMITH_HIPRTC"}))
        << path;
  }
  fs::current_path(before);
}

TEST_F(HiprtcCandidates, WhatWasNamedIsListedEvenIfItIsNotThere) {
  sources_.rocm_path = root_ / "missing";
  EXPECT_THAT(found(), ElementsAre((root_ / "missing").native()));
  sources_.given = "libhiprtc.so.7";
  EXPECT_THAT(found(), ElementsAre("libhiprtc.so.7"));
}

} // namespace
} // namespace gemmsmith
