// Launches by a configuration with attributes, as loaders of HIP 7 make them.
//
// Source of layouts and numbers: hip/hip_runtime_api.h of HIP 7.
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/launch.h"
#include "runtime/hipemu/registered_code.h"

#include <cstring>

using namespace gemmsmith::hipemu;

namespace {

enum AttributeId : int {
  kAccessPolicyWindow = 1,
  kCooperative = 2,
  kClusterSize = 4,
  kPriority = 8
};

struct LaunchAttribute {
  int id;
  char padding[4];
  char value[64];
};
static_assert(sizeof(LaunchAttribute) == 72);

struct DriverLaunchConfig { // HIP_LAUNCH_CONFIG
  unsigned grid[3];
  unsigned block[3];
  unsigned lds_bytes;
  hipStream_t stream;
  const LaunchAttribute *attributes;
  unsigned attribute_count;
};
static_assert(sizeof(DriverLaunchConfig) == 56);

struct LaunchConfig { // hipLaunchConfig_t
  dim3 grid;
  dim3 block;
  std::size_t lds_bytes;
  hipStream_t stream;
  const LaunchAttribute *attributes;
  unsigned attribute_count;
};
static_assert(sizeof(LaunchConfig) == 56);

hipError_t readAttributes(Call &c, const LaunchAttribute *attributes, unsigned count,
                          bool &cooperative) {
  if (count && !attributes)
    return hipErrorInvalidValue;
  for (unsigned n = 0; n < count; ++n) {
    int numbers[3];
    std::memcpy(numbers, attributes[n].value, sizeof numbers);
    switch (attributes[n].id) {
    case kCooperative:
      cooperative = numbers[0] != 0;
      break;
    case kClusterSize:
      if (numbers[0] != 1 || numbers[1] != 1 || numbers[2] != 1) {
        c.runtime.say("gfx950 has no clusters of workgroups");
        return hipErrorNotSupported;
      }
      break;
    case kAccessPolicyWindow: // hints
    case kPriority:
      break;
    default:
      return hipErrorInvalidValue;
    }
  }
  return hipSuccess;
}

hipError_t launch(Call &c, const LaunchRequest &request, hipStream_t stream,
                  const LaunchAttribute *attributes, unsigned count) {
  bool cooperative = false;
  if (!request.function)
    return hipErrorInvalidHandle;
  if (hipError_t status = readAttributes(c, attributes, count, cooperative))
    return status;
  return cooperative ? launchCooperative(c, request, stream) : launchKernel(c, request, stream);
}

} // namespace

HIPEMU_API hipError_t hipDrvLaunchKernelEx(const DriverLaunchConfig *config, hipFunction_t f,
                                           void **parameters, void **extra) {
  return call([&](Call &c) -> hipError_t {
    if (!config)
      return hipErrorInvalidValue;
    return launch(c,
                  {c.runtime.functions.find(f),
                   {config->grid[0], config->grid[1], config->grid[2]},
                   {config->block[0], config->block[1], config->block[2]},
                   config->lds_bytes,
                   parameters,
                   extra},
                  config->stream, config->attributes, config->attribute_count);
  });
}

HIPEMU_API hipError_t hipLaunchKernelExC(const LaunchConfig *config, const void *stub,
                                         void **parameters) {
  return call([&](Call &c) -> hipError_t {
    if (!config)
      return hipErrorInvalidValue;
    return launch(c,
                  {registeredFunction(c, stub),
                   {config->grid.x, config->grid.y, config->grid.z},
                   {config->block.x, config->block.y, config->block.z},
                   config->lds_bytes,
                   parameters,
                   nullptr},
                  config->stream, config->attributes, config->attribute_count);
  });
}
