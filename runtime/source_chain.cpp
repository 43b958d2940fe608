#include "runtime/source_chain.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

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

Outcome<FoundObject> SourceChain::find(const KernelConfig &config, std::string_view device_target,
                                       const Check &check) {
  std::vector<std::string> answers;
  std::optional<Failure> refused;
  const auto add = [&](std::string answer) {
    if (std::ranges::find(answers, answer) == answers.end())
      answers.push_back(std::move(answer));
  };
  for (const std::unique_ptr<CodeObjectSource> &source : sources_) {
    if (!source->isAsked())
      continue;
    const auto begin = std::chrono::steady_clock::now();
    Expected<std::optional<FoundObject>> found = source->find(config, device_target);
    counters_.addAsked(source->tier(), std::chrono::steady_clock::now() - begin);
    if (!found) {
      const std::string answer = fmt::format("{}: {}", source->name(), found.error().str());
      warnOnce(answer);
      add(answer);
    } else if (!*found) {
      add("it is not in " + source->name());
    } else if (Outcome<void> good = check(**found); good) {
      return std::move(**found);
    } else {
      warnOnce("not used: " + good.error().error.str());
      add(good.error().error.str());
      if (!refused)
        refused = std::move(good.error());
    }
  }
  // One that is there and wrong is the reason why there is none.
  if (refused && answers.size() == 1)
    return tl::unexpected(std::move(*refused));
  if (answers.empty())
    answers.emplace_back("no place to look in is configured: the store and the compile service are "
                         "off (GEMMSMITH_CACHE, GEMMSMITH_SERVICE), and no directory is named "
                         "(GEMMSMITH_OBJECTS)");
  if (advice_)
    if (std::string advice = advice_(config); !advice.empty())
      answers.push_back(std::move(advice));
  return fail(refused ? refused->status : GS_ERROR_NO_OBJECT,
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
