#include "configs/row_outcome.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"
#include "configs/public_name.h"

#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

// A row of our own says everything in its name; the columns must not contradict it.
Expected<NamedKernel> parseOwnRow(const TunedRow &row, const Problem &problem) {
  const Expected<KernelConfig> config = parseKernelName(row.kernel_name);
  if (!config)
    return tl::unexpected(config.error());
  if (const Expected<Launch> launch = planLaunch(*config, problem, std::max(row.splits, 1));
      !launch)
    return tl::unexpected(launch.error());
  return NamedKernel{*config, std::max(row.splits, 1), {}};
}

Expected<NamedKernel> chosenByPolicy(const TunedRow &row, const Problem &problem,
                                     const SelectionPolicy &policy) {
  const Expected<KernelChoice> choice = policy(problem);
  if (!choice)
    return tl::unexpected(choice.error());
  const std::string why = row.libtype.empty()
                              ? "the row names no kernel"
                              : fmt::format("libtype {} ('{}') names no tile configuration",
                                            row.libtype, row.kernel_name);
  return NamedKernel{choice->config, choice->splits, {why + ": chosen by the policy"}};
}

Expected<NamedKernel> kernelOf(const TunedRow &row, const Problem &problem,
                               const SelectionPolicy &policy) {
  if (row.libtype == "gemmsmith")
    return parseOwnRow(row, problem);
  if (row.libtype == "asm")
    return parseAsmName(row.kernel_name, row.splits);
  if (row.libtype == "opus")
    return parseOpusName(row.kernel_name, row.splits);
  if (row.libtype != "flydsl")
    return chosenByPolicy(row, problem, policy);
  Expected<NamedKernel> kernel = parseFlydslName(row.kernel_name);
  if (kernel && kernel->splits != std::max(row.splits, 1))
    kernel->changes.push_back(
        fmt::format("column splitK says {}, the name's {} is used", row.splits, kernel->splits));
  return kernel;
}

// Completes a public kernel with what the row's columns say, and makes it fit the row's shape.
Expected<void> fitToRow(NamedKernel &kernel, const Problem &problem) {
  KernelConfig &c = kernel.config;
  c.out_type = problem.out_type;
  c.bias = problem.bias;
  const Expected<Launch> aligned = planLaunch(c, problem, kernel.splits);
  if (aligned)
    return {};
  c.alignment = RowAlignment::kElement;
  const Expected<Launch> element = planLaunch(c, problem, kernel.splits);
  if (!element)
    return tl::unexpected(element.error());
  kernel.changes.push_back("the element-aligned path is used: " + aligned.error().message);
  return {};
}

RowOutcome refused(std::string reason) {
  RowOutcome outcome;
  outcome.reasons.push_back(std::move(reason));
  return outcome;
}

} // namespace

std::string_view toString(Disposition disposition) {
  switch (disposition) {
  case Disposition::kUsedAsWritten:
    return "used as written";
  case Disposition::kUsedWithChanges:
    return "used with changes";
  case Disposition::kRefused:
    return "refused";
  }
  return "unknown";
}

RowOutcome rowOutcome(const TunedRow &row, const SelectionPolicy &policy) {
  if (row.key.gfx != toString(Target::kGfx950))
    return refused(
        fmt::format("the row is for {}, kernels are built for gfx950 only", row.key.gfx));
  const Expected<Problem> problem = problemOf(row.key);
  if (!problem)
    return refused(problem.error().message);
  if (problem->b_layout == BLayout::kPreshuffled)
    return refused("pre-shuffled B (bpreshuffle) is not supported yet");
  if (problem->in_type != DataType::kBf16)
    return refused(fmt::format("input type {} is not supported, only bf16", row.key.dtype));

  Expected<NamedKernel> kernel = kernelOf(row, *problem, policy);
  if (!kernel)
    return refused(kernel.error().message);
  if (row.libtype == "asm" || row.libtype == "opus" || row.libtype == "flydsl")
    if (const Expected<void> fitted = fitToRow(*kernel, *problem); !fitted)
      return refused(fitted.error().message);

  RowOutcome outcome;
  outcome.disposition =
      kernel->changes.empty() ? Disposition::kUsedAsWritten : Disposition::kUsedWithChanges;
  outcome.config = kernel->config;
  outcome.splits = kernel->splits;
  outcome.reasons = std::move(kernel->changes);
  return outcome;
}

} // namespace gemmsmith
