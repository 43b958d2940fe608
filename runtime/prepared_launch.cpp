#include "runtime/prepared_launch.h"

#include "configs/kernel_name.h"
#include "runtime/workspace_layout.h"

#include <cassert>
#include <cstring>

namespace gemmsmith::runtime {

PreparedLaunch::PreparedLaunch(const Launch &launch, hipFunction_t function)
    : function_(function), grid_(launch.grid), block_(launch.block),
      workspace_bytes_(workspaceBytesFor(launch)), counter_bytes_(counterBytes(launch)),
      argument_bytes_(static_cast<std::size_t>(kernelArgumentBytes(launch.config))),
      splits_(launch.splits), kernel_(kernelName(launch.config)) {
  assert(argument_bytes_ <= kMostArgumentBytes);
  const Problem &problem = launch.problem;
  const auto set = [&](const KernelArgument &argument, std::int64_t value) {
    // Little-endian, like the device.
    std::memcpy(arguments_.data() + argument.offset, &value,
                static_cast<std::size_t>(argument.size));
  };
  for (const KernelArgument &argument : kernelArguments(launch.config)) {
    const auto offset = static_cast<std::uint8_t>(argument.offset);
    switch (argument.id) {
    case ArgumentId::kA:
      a_ = offset;
      break;
    case ArgumentId::kB:
      b_ = offset;
      break;
    case ArgumentId::kC:
      c_ = offset;
      break;
    case ArgumentId::kBias:
      bias_ = offset;
      break;
    case ArgumentId::kWorkspace:
      workspace_ = offset;
      break;
    case ArgumentId::kM:
      set(argument, problem.m);
      break;
    case ArgumentId::kN:
      set(argument, problem.n);
      break;
    case ArgumentId::kK:
      set(argument, problem.k);
      break;
    case ArgumentId::kSplits:
      set(argument, launch.splits);
      break;
    case ArgumentId::kLda:
      set(argument, rowStrideA(problem));
      break;
    case ArgumentId::kLdb:
      set(argument, rowStrideB(problem));
      break;
    case ArgumentId::kLdc:
      set(argument, rowStrideC(problem));
      break;
    }
  }
}

hipError_t PreparedLaunch::submit(const HipFunctions &hip, const gs_pointers &pointers,
                                  void *workspace, hipStream_t stream) const noexcept {
  auto arguments = arguments_;
  const auto set = [&](std::uint8_t offset, const void *pointer) {
    const auto address = reinterpret_cast<std::uintptr_t>(pointer);
    std::memcpy(arguments.data() + offset, &address, sizeof address);
  };
  set(a_, pointers.a);
  set(b_, pointers.b);
  set(c_, pointers.c);
  if (bias_ != kNoArgument)
    set(bias_, pointers.bias);
  if (workspace_ != kNoArgument)
    set(workspace_, static_cast<std::byte *>(workspace) + kWorkspaceZeroBytes - counter_bytes_);
  std::size_t bytes = argument_bytes_;
  void *extra[] = {HIP_LAUNCH_PARAM_BUFFER_POINTER, arguments.data(), HIP_LAUNCH_PARAM_BUFFER_SIZE,
                   &bytes, HIP_LAUNCH_PARAM_END};
  return hip.hipModuleLaunchKernel(function_, grid_.x, grid_.y, grid_.z, block_.x, block_.y,
                                   block_.z, 0, stream, nullptr, extra);
}

} // namespace gemmsmith::runtime
