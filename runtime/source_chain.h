// The sources of a context, asked in order.
#pragma once

#include "runtime/code_object_source.h"
#include "runtime/counters.h"
#include "runtime/failure.h"
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

  // What may be done about a kernel that no source has, a sentence or nothing; to be set before
  // find().
  using Advice = std::function<std::string(const KernelConfig &)>;
  void setAdvice(Advice advice) { advice_ = std::move(advice); }

  // Whether a code object can be loaded, and why not.
  using Check = std::function<Outcome<void>(const FoundObject &)>;

  // The first code object that passes `check`. A source that fails, or has one that does not pass,
  // is passed over, with a warning unless it says the same as before. The failure names the kernel
  // and what every source said; its status is that of the first check that failed, else
  // GS_ERROR_NO_OBJECT. Thread-safe once the sources are added.
  Outcome<FoundObject> find(const KernelConfig &config, std::string_view device_target,
                            const Check &check);

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
