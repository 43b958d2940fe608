// The sources of a context, asked in order.
#pragma once

#include "runtime/code_object_source.h"
#include "runtime/log.h"

#include <memory>
#include <vector>

namespace gemmsmith::runtime {

class SourceChain {
public:
  explicit SourceChain(const Log &log) : log_(log) {}

  void add(std::unique_ptr<CodeObjectSource> source) { sources_.push_back(std::move(source)); }

  // The first source's answer. A source that fails is logged as a warning and passed over. The
  // error names the kernel and what every source said. Thread-safe once the sources are added.
  Expected<FoundObject> find(const KernelConfig &config, std::string_view device_target) const;

private:
  const Log &log_;
  std::vector<std::unique_ptr<CodeObjectSource>> sources_;
};

} // namespace gemmsmith::runtime
