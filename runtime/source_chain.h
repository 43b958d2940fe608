// The sources of a context, asked in order.
#pragma once

#include "runtime/code_object_source.h"
#include "runtime/counters.h"
#include "runtime/log.h"

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gemmsmith::runtime {

class SourceChain {
public:
  SourceChain(Counters &counters, const Log &log) : counters_(counters), log_(log) {}

  void add(std::unique_ptr<CodeObjectSource> source) { sources_.push_back(std::move(source)); }

  // What may be done about a kernel that no source has, a sentence; to be set before find().
  using Advice = std::function<std::string(const KernelConfig &)>;
  void setAdvice(Advice advice) { advice_ = std::move(advice); }

  // The first source's answer. A source that fails is passed over, with a warning unless it says
  // the same as before. The error names the kernel and what every source said. Thread-safe once the
  // sources are added.
  Expected<FoundObject> find(const KernelConfig &config, std::string_view device_target);

private:
  void warnOnce(const std::string &text);

  Counters &counters_;
  const Log &log_;
  std::vector<std::unique_ptr<CodeObjectSource>> sources_;
  Advice advice_;
  std::mutex mutex_;
  std::set<std::string> warnings_; // said already, with mutex_
};

} // namespace gemmsmith::runtime
