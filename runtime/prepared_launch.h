// A launch that lacks only its pointers and its stream.
#pragma once

#include "configs/launch.h"
#include "runtime/gemmsmith.h"
#include "runtime/hip/functions.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gemmsmith::runtime {

class PreparedLaunch {
public:
  // `function` is the launch's kernel on the device that it will be launched on.
  PreparedLaunch(const Launch &launch, hipFunction_t function);

  // Bytes of workspace that submit() needs; 0 without split.
  std::size_t workspaceBytes() const noexcept { return workspace_bytes_; }

  // One hipModuleLaunchKernel. `workspace` is as workspace.h lays it out, large enough, and not in
  // use by another launch that may overlap. Thread-safe; allocates nothing.
  hipError_t submit(const HipFunctions &hip, const gs_pointers &pointers, void *workspace,
                    hipStream_t stream) const noexcept;

  const std::string &kernel() const noexcept { return kernel_; }
  int splits() const noexcept { return splits_; }

private:
  static constexpr std::size_t kMostArgumentBytes = 96;
  static constexpr std::uint8_t kNoArgument = 0xff;

  hipFunction_t function_;
  Dim3 grid_;
  Dim3 block_;
  std::size_t workspace_bytes_ = 0;
  std::size_t counter_bytes_ = 0;
  std::size_t argument_bytes_ = 0;
  // Offsets of the pointers among the arguments.
  std::uint8_t a_ = kNoArgument, b_ = kNoArgument, c_ = kNoArgument;
  std::uint8_t bias_ = kNoArgument, workspace_ = kNoArgument;
  alignas(16) std::array<std::byte, kMostArgumentBytes> arguments_{}; // all but the pointers
  int splits_;
  std::string kernel_;
};

} // namespace gemmsmith::runtime
