// Kernel names of public tables, read field by field into a KernelConfig.
//
// Grammars: KERNEL_NAMES.md "kernelName, per libtype". Promises: total on any text; what a name
// says and we do otherwise, or do not know, is listed in `changes`, one sentence each; with no
// changes the configuration is the name's, field by field. Errors are kInput for a text that is not
// such a name and kIllegal for one that asks for what no kernel of ours does. Does not: look at the
// row's other columns. Bias, output type and alignment are the row's to say, and stay at their
// defaults here (bf16 out, no bias, 16-byte aligned).
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct NamedKernel {
  KernelConfig config; // legal
  int splits = 1;
  std::vector<std::string> changes;
};

// How many splits a splitK column asks for: 0 and 1 both mean none; kInput beyond what a grid
// takes.
Expected<int> splitCount(int column);

// Both grammars, and the older form of the first without block_k_warp.
Expected<NamedKernel> parseFlydslName(std::string_view name);

// The symbol of one of aiter's assembly kernels; only the table's splitK column says how many
// splits.
Expected<NamedKernel> parseAsmName(std::string_view name, int splits);

Expected<NamedKernel> parseOpusName(std::string_view name, int splits);

} // namespace gemmsmith
