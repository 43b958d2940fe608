// What a campaign has shown, for people and for machines.
#pragma once

#include "tools/verify/campaign.h"

#include <cstdint>
#include <string>

namespace gemmsmith::verify {

// Totals over all cases of a campaign.
struct Summary {
  std::size_t objects = 0; // distinct kernels
  std::size_t objects_failed = 0;
  std::size_t cases = 0;
  std::size_t cases_failed = 0;
  std::uint64_t elements = 0; // compared
  std::uint64_t unwritten = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t stray_bytes = 0;
  std::uint64_t differing = 0;
  double worst_error_ratio = 0; // largest err_ratio of a case
  double worst_error = 0;       // largest |C - ref| / bound of an element
  std::uint64_t wave_instructions = 0;
  std::uint64_t mfma_flops = 0;
  double emulated_seconds = 0; // sum over cases
  double seconds = 0;          // wall clock
};

Summary summarize(const CampaignReport &report);

// Some lines of text: the totals, then the failed cases, at most `max_failures` of them, each with
// the command that repeats it.
std::string summaryText(const CampaignReport &report, std::size_t max_failures = 20);

// The command that runs one case of a report again.
std::string reproduceCommand(const GemmCase &test);

// {"summary": {...}, "sampling": TEXT, "cases": [{"kernel", "m", ..., "passed", ...}]}. Of the
// summary, only times and rates differ from run to run. Ends with a newline.
std::string reportJson(const CampaignReport &report, const std::string &sampling);

} // namespace gemmsmith::verify
