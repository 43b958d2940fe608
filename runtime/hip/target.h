// Whether a device can run a code object, asked before HIP is given it: HIP's own answer to a wrong
// one ranges from an error code without a name to an abort.
#pragma once

#include "configs/error.h"
#include "runtime/code_object.h"

#include <string_view>

namespace gemmsmith::runtime {

// `device_target` is a target ID as gcnArchName gives it: "gfx950:sramecc+:xnack-". The error
// names both sides.
Expected<void> checkTarget(const CodeObject &object, std::string_view device_target);

// "gfx950" of "gfx950:sramecc+:xnack-".
std::string_view processorOf(std::string_view target_id);

} // namespace gemmsmith::runtime
