#include "tools/verify/campaign.h"

#include "configs/kernel_name.h"
#include "tests/verify/stand_in.h"
#include "tools/verify/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmsmith::verify {
namespace {

using testing::HasSubstr;

std::shared_future<Expected<CodeObjectBytes>> ready(Expected<CodeObjectBytes> object) {
  std::promise<Expected<CodeObjectBytes>> promise;
  promise.set_value(std::move(object));
  return promise.get_future().share();
}

// Two kernels on two cases each; the one with bias does not compile.
std::vector<GemmCase> someCases() {
  std::vector<GemmCase> cases;
  for (const bool bias : {false, true})
    for (const std::uint64_t seed : {1, 2}) {
      GemmCase test;
      test.config = loadStandIn("plain", bias ? "bias" : "").config;
      test.problem = {.m = 5, .n = 9, .k = 11, .bias = bias};
      test.seed = seed;
      cases.push_back(test);
    }
  return cases;
}

CampaignReport runSome(int threads, std::vector<Progress> *progress = nullptr) {
  CampaignOptions options;
  options.threads = threads;
  if (progress)
    options.progress = [progress](const Progress &p, const CaseReport &) {
      progress->push_back(p);
    };
  int objects = 0;
  const auto source = [&](const KernelConfig &config) {
    ++objects;
    if (config.bias)
      return ready(makeError(ErrorKind::kFailed, "the worker was killed"));
    return ready(loadStandIn("plain", "").code_object);
  };
  CampaignReport report = runCampaign(someCases(), source, options);
  EXPECT_EQ(objects, 2);
  return report;
}

TEST(Campaign, FailedCompileFailsItsCasesOnly) {
  const CampaignReport report = runSome(1);
  ASSERT_EQ(report.cases.size(), 4u);
  EXPECT_EQ(report.cases[0].failure, "");
  EXPECT_EQ(report.cases[1].failure, "");
  EXPECT_THAT(report.cases[2].failure, HasSubstr("the worker was killed"));
  EXPECT_THAT(report.cases[3].failure, HasSubstr("the worker was killed"));
}

TEST(Campaign, OrderOfTheReportDoesNotDependOnThreads) {
  const CampaignReport report = runSome(4);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(report.cases[i].test.seed, 1 + i % 2);
}

TEST(Campaign, ProgressCountsEveryCase) {
  std::vector<Progress> progress;
  runSome(2, &progress);
  ASSERT_EQ(progress.size(), 4u);
  EXPECT_EQ(progress.back().done, 4u);
  EXPECT_EQ(progress.back().total, 4u);
  EXPECT_EQ(progress.back().failed, 2u);
}

TEST(Campaign, StopsBetweenCasesWhenAsked) {
  CampaignOptions options;
  options.threads = 1;
  int asked = 0;
  options.stop = [&] { return ++asked > 1; };
  const CampaignReport report = runCampaign(
      someCases(), [](const KernelConfig &) { return ready(loadStandIn("plain", "").code_object); },
      options);
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(asked, 2);
}

TEST(Report, TotalsAndFailures) {
  const CampaignReport report = runSome(1);
  const Summary summary = summarize(report);
  EXPECT_EQ(summary.objects, 2u);
  EXPECT_EQ(summary.objects_failed, 1u);
  EXPECT_EQ(summary.cases_failed, 2u);
  EXPECT_EQ(summary.elements, 2u * 5 * 9);
  const std::string text = summaryText(report, 1);
  EXPECT_THAT(text, HasSubstr("NOT verified"));
  EXPECT_THAT(text, HasSubstr("again: gemmsmith verify --config gemm_gfx950"));
  EXPECT_THAT(text, HasSubstr("and 1 more failed cases"));
}

TEST(Report, JsonHoldsEveryCase) {
  const auto json = nlohmann::json::parse(reportJson(runSome(1), "everything"));
  EXPECT_EQ(json["sampling"], "everything");
  EXPECT_EQ(json["summary"]["passed"], false);
  ASSERT_EQ(json["cases"].size(), 4u);
  EXPECT_EQ(json["cases"][0]["passed"], true);
  EXPECT_EQ(json["cases"][3]["failure"], "the worker was killed");
}

} // namespace
} // namespace gemmsmith::verify
