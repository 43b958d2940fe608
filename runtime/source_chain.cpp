#include "runtime/source_chain.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gemmsmith::runtime {

std::string_view toString(Tier tier) {
  switch (tier) {
  case Tier::kDirectory:
    return "directory";
  case Tier::kBundle:
    return "bundle";
  case Tier::kDisk:
    return "disk";
  case Tier::kRemote:
    return "remote";
  case Tier::kService:
    return "service";
  }
  return "?";
}

Expected<FoundObject> SourceChain::find(const KernelConfig &config,
                                        std::string_view device_target) {
  std::vector<std::string> answers;
  for (const std::unique_ptr<CodeObjectSource> &source : sources_) {
    const auto begin = std::chrono::steady_clock::now();
    Expected<std::optional<FoundObject>> found = source->find(config, device_target);
    counters_.addAsked(source->tier(), std::chrono::steady_clock::now() - begin);
    if (found && *found)
      return std::move(**found);
    std::string answer = found ? fmt::format("{} does not have it", source->name())
                               : fmt::format("{}: {}", source->name(), found.error().str());
    if (!found)
      warnOnce(answer);
    if (std::ranges::find(answers, answer) == answers.end())
      answers.push_back(std::move(answer));
  }
  if (answers.empty())
    answers.emplace_back("no place to look in is configured: the store and the compile service are "
                         "off (GEMMSMITH_CACHE, GEMMSMITH_SERVICE), and no directory is named "
                         "(GEMMSMITH_OBJECTS)");
  if (advice_)
    answers.push_back(advice_(config));
  return makeError(ErrorKind::kFailed,
                   fmt::format("there is no code object: {}", fmt::join(answers, "; ")),
                   kernelName(config));
}

void SourceChain::warnOnce(const std::string &text) {
  {
    const std::lock_guard lock(mutex_);
    if (!warnings_.insert(text).second)
      return;
  }
  log_.warning(text);
}

} // namespace gemmsmith::runtime
