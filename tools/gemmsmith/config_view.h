// A KernelConfig for people and for programs.
#pragma once

#include "configs/kernel_config.h"
#include "tools/gemmsmith/launch_json.h"

#include <string>

namespace gemmsmith {

std::string configText(const KernelConfig &config);

OrderedJson configJson(const KernelConfig &config);

} // namespace gemmsmith
