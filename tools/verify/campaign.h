// Many verifications at once: compiling and emulating overlap.
//
// Promises: the report lists every case in the order given, whatever the number of threads; a
// kernel that does not compile fails its cases and no others.
#pragma once

#include "configs/error.h"
#include "tools/verify/kernel_run.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::verify {

using CodeObjectBytes = std::vector<std::byte>;

// Starts to make the code object of a configuration. Called once per distinct configuration, from
// one thread, in the order in which the cases need them.
using ObjectSource =
    std::function<std::shared_future<Expected<CodeObjectBytes>>(const KernelConfig &)>;

struct CaseReport {
  GemmCase test;
  CaseResult result;
  std::string failure; // empty if the case passed
  double seconds = 0;  // generating inputs, emulating, comparing
};

struct Progress {
  std::size_t done = 0;
  std::size_t total = 0;
  std::size_t failed = 0;
};

struct CampaignOptions {
  int threads = 0;            // cases at a time; 0 = one per core
  std::function<bool()> stop; // asked before each case; true leaves out the rest
  // After each case, which is the last one done; never from two threads at once.
  std::function<void(const Progress &, const CaseReport &)> progress;
};

struct CampaignReport {
  std::vector<CaseReport> cases;
  bool stopped = false; // before all cases were run; `cases` is of no use then
  double seconds = 0;   // wall clock
};

CampaignReport runCampaign(std::span<const GemmCase> cases, const ObjectSource &source,
                           const CampaignOptions &options = {});

} // namespace gemmsmith::verify
