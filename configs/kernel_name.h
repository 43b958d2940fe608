// Our own kernel names: compact, complete, and the symbol of the kernel in its code object.
//
//   name  := "gemm_" target "_" type "_" type "_" family "_t" M "x" N "x" K "_s" stages
//            "_w" WM "x" WN "x" WK option*
//   option:= "_splitk" | "_gm" N | "_bias" | "_bpre" | "_ca" policy | "_cb" policy | "_wpe" N
//            | "_elem"                  (in this order, each only when not the default)
//   policy:= one or more of "sc0" "sc1" "nt", in this order, without separators
//   target:= "gfx942" | "gfx950";  type := "bf16" | "f16" | "f32" (input, then output)
//   family:= "ring" | "pingpong" | "skinny"; numbers are decimal without leading zeros
//
// Example: gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk_bias
//
// kernelName() and parseKernelName() are exact inverses: each name has one spelling. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"

#include <string>
#include <string_view>

namespace gemmsmith {

std::string kernelName(const KernelConfig &config);

// The configuration a name spells; kInput with the offending position when it is not one of ours.
// Does not judge legality.
Expected<KernelConfig> parseKernelName(std::string_view name);

std::string_view toString(Target target);
std::string_view toString(DataType type);
std::string_view toString(Family family);

} // namespace gemmsmith
