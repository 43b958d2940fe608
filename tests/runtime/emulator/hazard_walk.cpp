#include "tests/runtime/emulator/hazard_walk.h"

#include "runtime/emulator/findings.h"
#include "runtime/emulator/module.h"
#include "runtime/emulator/workgroup.h"
#include "tests/runtime/emulator/test_objects.h"

#include <gtest/gtest.h>
#include <string_view>

namespace gemmsmith::emulator {

std::vector<std::vector<Finding>> walkHazards(std::span<const std::string> kernels) {
  std::vector<std::vector<Finding>> result;
  Device device;
  auto loaded = device.load(assembleKernels(kernels, {.vgprs = 128, .extra = {}}));
  if (!loaded) {
    ADD_FAILURE() << loaded.error().str();
    return result;
  }
  const Module &module = **loaded;
  for (std::size_t n = 0; n < kernels.size(); ++n) {
    const Kernel *kernel = module.object.find("test" + std::to_string(n));
    Findings findings;
    LaunchContext context;
    context.kernel = kernel;
    context.code = module.code;
    context.hazards = module.hazards;
    context.entry = (kernel->entry_address - module.code_start) / 4;
    context.findings = &findings;
    context.grid = {1};
    context.block = {64};
    Workgroup group(context);
    Wave &wave = group.waves()[0];
    for (std::size_t at = context.entry; at < module.code.size();) {
      const Instruction &i = module.code[at];
      if (!i.mnemonic) {
        ADD_FAILURE() << kernels[n] << "\nhas an instruction that the tables do not know";
        break;
      }
      wave.hazards.issue(wave, i, module.hazards[at]);
      std::string_view name = i.mnemonic;
      if (name == "s_endpgm")
        break;
      at += i.dwords;
      if (name == "s_branch")
        at = static_cast<std::size_t>(static_cast<std::int64_t>(at) + i.offset);
    }
    result.push_back(findings.take());
  }
  return result;
}

} // namespace gemmsmith::emulator
