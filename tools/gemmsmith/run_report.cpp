#include "tools/gemmsmith/run_report.h"

#include "runtime/source_chain.h"
#include "tools/gemmsmith/problem_options.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

namespace gemmsmith {

namespace {

using std::chrono::nanoseconds;

constexpr int kTiers = GS_TIER_SERVICE + 1;

double milliseconds(nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}
double milliseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

std::string_view tierName(int tier) {
  return runtime::toString(static_cast<runtime::Tier>(tier));
}

struct Statistics {
  nanoseconds median{0}, least{0};
};

// Of all calls but the first, of which there is at least one.
Statistics laterCalls(const RunReport &report, nanoseconds RunCall::*time) {
  std::vector<nanoseconds> times;
  for (auto call = report.calls.begin() + 1; call != report.calls.end(); ++call)
    times.push_back((*call).*time);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return {*middle, *std::ranges::min_element(times)};
}

// The place that had the code object; none if the context had it from elsewhere.
std::optional<int> hitTier(const gs_counters &counters) {
  for (int tier = 0; tier < kTiers; ++tier)
    if (counters.hits[tier] > 0)
      return tier;
  return std::nullopt;
}

std::string sourceText(const RunReport &report) {
  const auto tier = hitTier(report.counters);
  if (!tier)
    return "no place that is counted";
  return fmt::format("the {} tier{}", tierName(*tier),
                     report.origin.empty() ? "" : fmt::format(" ({})", report.origin));
}

std::string tiersText(const gs_counters &counters) {
  std::string text;
  for (int tier = 0; tier < kTiers; ++tier)
    if (counters.tier_ns[tier] > 0 || counters.hits[tier] > 0)
      text += fmt::format("{}{} {:.3f} ms{}", text.empty() ? "" : ", ", tierName(tier),
                          milliseconds(counters.tier_ns[tier]),
                          counters.hits[tier] > 0 ? " (hit)" : "");
  return text;
}

const char *clockText(bool emulated) {
  return emulated ? "wall time of the host; the device is emulated, so none of it is a GPU's"
                  : "wall time of the host";
}

std::string verdictText(const RunReport &report) {
  if (!report.verdict)
    return "not verified: --no-verify";
  if (!report.passed())
    return "NOT verified: " + report.verdict->failure();
  const verify::Comparison &c = report.verdict->comparison;
  return fmt::format(
      "verified: {} elements {} the float64 reference; err_ratio {:g}, error / "
      "bound {:.5f}",
      c.elements,
      report.inputs == verify::Inputs::kExactIntegers ? "equal" : "are within the error bound of",
      c.errorRatio(), c.worst_error);
}

OrderedJson callJson(const RunCall &call) {
  return {{"returned_ms", milliseconds(call.returned)},
          {"finished_ms", milliseconds(call.finished)}};
}

OrderedJson laterJson(const RunReport &report) {
  if (report.calls.size() < 2)
    return nullptr;
  const Statistics returned = laterCalls(report, &RunCall::returned);
  const Statistics finished = laterCalls(report, &RunCall::finished);
  return {{"count", report.calls.size() - 1},
          {"returned_ms_median", milliseconds(returned.median)},
          {"returned_ms_min", milliseconds(returned.least)},
          {"finished_ms_median", milliseconds(finished.median)},
          {"finished_ms_min", milliseconds(finished.least)}};
}

OrderedJson tiersJson(const gs_counters &counters) {
  OrderedJson tiers = OrderedJson::array();
  for (int tier = 0; tier < kTiers; ++tier)
    tiers.push_back({{"tier", tierName(tier)},
                     {"hits", counters.hits[tier]},
                     {"ms", milliseconds(counters.tier_ns[tier])}});
  return tiers;
}

OrderedJson countersJson(const gs_counters &c) {
  return {{"launches", c.launches},
          {"misses", c.misses},
          {"prepared", c.prepared},
          {"by_policy", c.by_policy},
          {"not_found", c.not_found},
          {"loads", c.loads},
          {"workspace_bytes", c.workspace_bytes}};
}

OrderedJson verdictJson(const RunReport &report) {
  if (!report.verdict)
    return nullptr;
  const RunVerdict &verdict = *report.verdict;
  const verify::Comparison &c = verdict.comparison;
  return {{"passed", report.passed()},
          {"inputs", verify::shortName(report.inputs)},
          {"seed", report.seed},
          {"elements", c.elements},
          {"mismatches", c.mismatches},
          {"unwritten", verdict.unwritten},
          {"stray_bytes", verdict.stray_bytes},
          {"err_ratio", c.errorRatio()},
          {"worst_error_of_bound",
           std::isfinite(c.worst_error) ? OrderedJson(c.worst_error) : OrderedJson("infinite")},
          {"failure", textOrNull(verdict.failure())}};
}

} // namespace

std::string runText(const RunReport &report) {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value) {
    text += fmt::format("{:<10} {}\n", name, value);
  };
  const gs_counters &c = report.counters;
  line("problem", problemText(report.problem));
  line("device", fmt::format("{}{}, {}", report.emulated ? "emulated " : "", report.device_target,
                             report.hip_library));
  line("kernel", report.kernel);
  line("from", sourceText(report));
  line("asked", tiersText(c));
  line("compile", fmt::format("{:.3f} ms", milliseconds(c.compile_ns)));
  line("load", fmt::format("{:.3f} ms", milliseconds(c.load_ns)));
  if (report.prepared)
    line("prepare", fmt::format("{:.3f} ms", milliseconds(*report.prepared)));
  const RunCall &first = report.calls.front();
  line("first call", fmt::format("{:.3f} ms, finished after {:.3f} ms",
                                 milliseconds(first.returned), milliseconds(first.finished)));
  if (report.calls.size() > 1) {
    const Statistics returned = laterCalls(report, &RunCall::returned);
    const Statistics finished = laterCalls(report, &RunCall::finished);
    line("later", fmt::format("{:.3f} ms median, {:.3f} ms min; finished after {:.3f} ms median, "
                              "{:.3f} ms min",
                              milliseconds(returned.median), milliseconds(returned.least),
                              milliseconds(finished.median), milliseconds(finished.least)));
  }
  line("times", clockText(report.emulated));
  line("launches", fmt::format("{}", c.launches));
  line("verdict", verdictText(report));
  return text;
}

OrderedJson runJson(const RunReport &report) {
  const gs_counters &c = report.counters;
  const auto tier = hitTier(c);
  return {{"problem", problemJson(report.problem)},
          {"device",
           {{"emulated", report.emulated},
            {"target", report.device_target},
            {"hip_library", report.hip_library}}},
          {"kernel", report.kernel},
          {"source",
           {{"tier", textOrNull(tier ? tierName(*tier) : std::string_view())},
            {"origin", textOrNull(report.origin)}}},
          {"tiers", tiersJson(c)},
          {"compile_ms", milliseconds(c.compile_ns)},
          {"load_ms", milliseconds(c.load_ns)},
          {"prepare_ms",
           report.prepared ? OrderedJson(milliseconds(*report.prepared)) : OrderedJson(nullptr)},
          {"first_call", callJson(report.calls.front())},
          {"later_calls", laterJson(report)},
          {"clock", clockText(report.emulated)},
          {"launches", c.launches},
          {"counters", countersJson(c)},
          {"verdict", verdictJson(report)}};
}

} // namespace gemmsmith
