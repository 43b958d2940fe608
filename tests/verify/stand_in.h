// The stand-in kernels that the build has compiled (stand_in_gemm.hip).
#pragma once

#include "configs/kernel_config.h"
#include "tools/verify/campaign.h"

#include <string>
#include <string_view>

namespace gemmsmith::verify {

// What the stand-in of this file name is a kernel for, going by its output type, bias and split.
struct StandIn {
  KernelConfig config;
  CodeObjectBytes code_object;
};

// `options` as in kernel names: "", "bias", "splitk_bias"; fails the test if the file is not there.
StandIn loadStandIn(const std::string &file, std::string_view options,
                    DataType out_type = DataType::kBf16);

} // namespace gemmsmith::verify
