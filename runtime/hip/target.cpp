#include "runtime/hip/target.h"

#include <fmt/format.h>

namespace gemmsmith::runtime {

namespace {

// Code that was made for a feature on (or off) needs it so; code for any setting runs on both.
bool suits(TargetFeature needed, std::string_view device_target, std::string_view feature) {
  if (needed != TargetFeature::kOn && needed != TargetFeature::kOff)
    return true;
  const char opposite = needed == TargetFeature::kOn ? '-' : '+';
  return device_target.find(fmt::format(":{}{}", feature, opposite)) == std::string_view::npos;
}

} // namespace

std::string_view processorOf(std::string_view target_id) {
  return target_id.substr(0, target_id.find(':'));
}

Expected<void> checkTarget(const CodeObject &object, std::string_view device_target) {
  if (object.target == processorOf(device_target) && suits(object.xnack, device_target, "xnack") &&
      suits(object.sramecc, device_target, "sramecc"))
    return {};
  const std::string made_for = object.target_id.empty() ? object.target : object.target_id;
  return makeError(ErrorKind::kInput, fmt::format("the code object is for {}, the device is {}",
                                                  made_for, device_target));
}

} // namespace gemmsmith::runtime
