#include "compiler/backend.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::array<std::pair<Backend, std::string_view>, 3> kNames{
    {{Backend::kAuto, "auto"}, {Backend::kHiprtc, "hiprtc"}, {Backend::kLlvm, "llvm"}}};

std::string reasonsOf(const Expected<std::vector<HiprtcDescription>> &found) {
  if (!found)
    return found.error().str();
  if (found->empty())
    return "none is installed";
  std::string text;
  for (const HiprtcDescription &hiprtc : *found)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ",
                        hiprtc.path.empty() ? hiprtc.library : hiprtc.path, hiprtc.reason);
  return text;
}

} // namespace

std::string_view toString(Backend backend) {
  return std::ranges::find(kNames, backend, &std::pair<Backend, std::string_view>::first)->second;
}

std::optional<Backend> parseBackend(std::string_view text) {
  const auto known = std::ranges::find(kNames, text, &std::pair<Backend, std::string_view>::second);
  return known == kNames.end() ? std::nullopt : std::optional(known->first);
}

std::string BackendChoice::str() const {
  if (hiprtc)
    return fmt::format("hiprtc {} with clang {} ({})", hiprtc->hip_version, hiprtc->clang_version,
                       hiprtc->path);
  return fmt::format("embedded LLVM, as {}{}", why,
                     wanted == Backend::kAuto ? " (gemmsmith doctor says why)" : "");
}

Expected<BackendChoice> chooseBackend(Backend wanted, std::string_view target,
                                      const Expected<std::vector<HiprtcDescription>> &found) {
  BackendChoice choice;
  choice.wanted = wanted;
  if (wanted == Backend::kLlvm) {
    choice.why = "asked for";
    return choice;
  }
  if (found) {
    const auto usable = std::ranges::find_if(*found, &HiprtcDescription::usable);
    if (usable != found->end()) {
      choice.backend = Backend::kHiprtc;
      choice.hiprtc = *usable;
      choice.why = fmt::format("{} compiles for {}", usable->path, target);
      return choice;
    }
  }
  choice.why = fmt::format("no hiprtc here compiles for {}", target);
  if (wanted == Backend::kHiprtc)
    return makeError(ErrorKind::kFailed, fmt::format("{}: {}", choice.why, reasonsOf(found)));
  return choice;
}

} // namespace gemmsmith
