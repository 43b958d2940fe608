// The hazard check over straight code that is not executed: for sequences whose registers hold
// nothing in particular.
#pragma once

#include "runtime/emulator/checks.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// What the check finds on the path from each kernel's entry to its s_endpgm, following s_branch.
// Assembles all kernels into one object.
std::vector<std::vector<Finding>> walkHazards(std::span<const std::string> kernels);

} // namespace gemmsmith::emulator
