#include "runtime/source_chain.h"

#include "configs/kernel_name.h"

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
                                        std::string_view device_target) const {
  std::vector<std::string> answers;
  for (const std::unique_ptr<CodeObjectSource> &source : sources_) {
    Expected<std::optional<FoundObject>> found = source->find(config, device_target);
    if (found && *found)
      return std::move(**found);
    if (!found)
      log_.warning(fmt::format("{}: {}", source->name(), found.error().str()));
    answers.push_back(found ? fmt::format("{} does not have it", source->name())
                            : fmt::format("{}: {}", source->name(), found.error().str()));
  }
  if (answers.empty())
    answers.emplace_back("no place to look in is configured; name a directory that `gemmsmith "
                         "build` wrote in GEMMSMITH_OBJECTS or gs_options.objects");
  return makeError(ErrorKind::kFailed,
                   fmt::format("there is no code object: {}", fmt::join(answers, "; ")),
                   kernelName(config));
}

} // namespace gemmsmith::runtime
