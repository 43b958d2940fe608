#include "tools/verify/report.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

namespace gemmsmith::verify {
namespace {

using Json = nlohmann::ordered_json;

// JSON knows no infinity.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json("infinite");
}

double perSecond(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

Json caseJson(const CaseReport &entry) {
  const Problem &problem = entry.test.problem;
  const CaseResult &result = entry.result;
  Json json = {{"kernel", kernelName(entry.test.config)},
               {"m", problem.m},
               {"n", problem.n},
               {"k", problem.k},
               {"lda", rowStrideA(problem)},
               {"ldb", rowStrideB(problem)},
               {"ldc", rowStrideC(problem)},
               {"pointer_alignment", problem.pointer_alignment},
               {"splits", entry.test.splits},
               {"inputs", shortName(entry.test.inputs)},
               {"seed", entry.test.seed},
               {"sampled_tiles", entry.test.sampled_tiles},
               {"passed", entry.failure.empty()},
               {"elements", result.comparison.elements},
               {"unwritten", result.unwritten},
               {"mismatches", result.comparison.mismatches},
               {"stray_bytes", result.stray_bytes},
               {"differing", result.differing},
               {"counters_left", result.counters_left},
               {"err_ratio", result.comparison.errorRatio()},
               {"worst_error_of_bound", number(result.comparison.worst_error)},
               {"c_xxh3", fmt::format("{:016x}", result.output_hash)},
               {"wave_instructions", result.statistics.wave_instructions},
               {"seconds", entry.seconds}};
  if (!entry.failure.empty())
    json["failure"] = entry.failure;
  return json;
}

} // namespace

Summary summarize(const CampaignReport &report) {
  Summary summary;
  std::set<std::string> objects;
  std::set<std::string> failed;
  for (const CaseReport &entry : report.cases) {
    const std::string name = kernelName(entry.test.config);
    const CaseResult &result = entry.result;
    objects.insert(name);
    if (!entry.failure.empty()) {
      failed.insert(name);
      ++summary.cases_failed;
    }
    ++summary.cases;
    summary.elements += result.comparison.elements;
    summary.unwritten += result.unwritten;
    summary.mismatches += result.comparison.mismatches;
    summary.stray_bytes += result.stray_bytes;
    summary.differing += result.differing;
    summary.worst_error_ratio = std::max(summary.worst_error_ratio, result.comparison.errorRatio());
    summary.worst_error = std::max(summary.worst_error, result.comparison.worst_error);
    summary.wave_instructions += result.statistics.wave_instructions;
    summary.mfma_flops += result.statistics.mfma_flops;
    summary.emulated_seconds += result.statistics.seconds;
  }
  summary.objects = objects.size();
  summary.objects_failed = failed.size();
  summary.seconds = report.seconds;
  return summary;
}

std::string reproduceCommand(const GemmCase &test) {
  const Problem &problem = test.problem;
  std::string command = fmt::format("gemmsmith verify --config {} --m {} --n {} --k {}",
                                    kernelName(test.config), problem.m, problem.n, problem.k);
  if (test.splits != 1)
    command += fmt::format(" --splits {}", test.splits);
  if (rowStrideA(problem) != problem.k)
    command += fmt::format(" --lda {}", problem.lda);
  if (rowStrideB(problem) != problem.k)
    command += fmt::format(" --ldb {}", problem.ldb);
  if (rowStrideC(problem) != problem.n)
    command += fmt::format(" --ldc {}", problem.ldc);
  if (problem.pointer_alignment < 16)
    command += fmt::format(" --pointer-alignment {}", problem.pointer_alignment);
  if (test.sampled_tiles > 0)
    command += fmt::format(" --tiles {}", test.sampled_tiles);
  return command + fmt::format(" --inputs {} --seed {}", shortName(test.inputs), test.seed);
}

std::string summaryText(const CampaignReport &report, std::size_t max_failures) {
  const Summary s = summarize(report);
  std::string text;
  const auto line = [&](std::string_view label, const std::string &value) {
    text += fmt::format("  {:<24}{}\n", label, value);
  };
  text += s.cases_failed == 0 ? "verified\n" : "NOT verified\n";
  line("kernels", s.objects_failed ? fmt::format("{}, {} failed", s.objects, s.objects_failed)
                                   : fmt::format("{}", s.objects));
  line("cases", s.cases_failed ? fmt::format("{}, {} failed", s.cases, s.cases_failed)
                               : fmt::format("{}", s.cases));
  line("elements compared", fmt::format("{}", s.elements));
  line("not written", fmt::format("{}", s.unwritten));
  line("wrong", fmt::format("{}", s.mismatches));
  line("written outside C", fmt::format("{} bytes", s.stray_bytes));
  line("differ on second run", fmt::format("{}", s.differing));
  line("err_ratio, largest", fmt::format("{:g}", s.worst_error_ratio));
  line("error / bound, largest", fmt::format("{:.5f}", s.worst_error));
  line("time", fmt::format("{:.1f} s", s.seconds));
  line("emulated",
       fmt::format("{:.2f} M wave instructions/s, {:.2f} GFLOP/s, {:.1f} s of CPU",
                   perSecond(s.wave_instructions, s.emulated_seconds) * 1e-6,
                   perSecond(s.mfma_flops, s.emulated_seconds) * 1e-9, s.emulated_seconds));
  std::size_t shown = 0;
  for (const CaseReport &entry : report.cases) {
    if (entry.failure.empty())
      continue;
    if (shown++ == max_failures) {
      text += fmt::format("and {} more failed cases\n", s.cases_failed - max_failures);
      break;
    }
    text += fmt::format("{}: {}\n  {}\n  again: {}\n", kernelName(entry.test.config),
                        entry.test.str(), entry.failure, reproduceCommand(entry.test));
  }
  return text;
}

std::string reportJson(const CampaignReport &report, const std::string &sampling) {
  const Summary s = summarize(report);
  Json json;
  json["summary"] = {
      {"passed", s.cases_failed == 0},
      {"objects", s.objects},
      {"objects_failed", s.objects_failed},
      {"cases", s.cases},
      {"cases_failed", s.cases_failed},
      {"elements", s.elements},
      {"unwritten", s.unwritten},
      {"mismatches", s.mismatches},
      {"stray_bytes", s.stray_bytes},
      {"differing", s.differing},
      {"max_err_ratio", s.worst_error_ratio},
      {"max_error_of_bound", number(s.worst_error)},
      {"wave_instructions", s.wave_instructions},
      {"mfma_flops", s.mfma_flops},
      {"wave_instructions_per_second", perSecond(s.wave_instructions, s.emulated_seconds)},
      {"emulated_seconds", s.emulated_seconds},
      {"seconds", s.seconds}};
  json["sampling"] = sampling;
  json["cases"] = Json::array();
  for (const CaseReport &entry : report.cases)
    json["cases"].push_back(caseJson(entry));
  return json.dump(2) + "\n";
}

} // namespace gemmsmith::verify
