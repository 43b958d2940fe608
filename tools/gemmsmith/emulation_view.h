// What a launch on the emulated device did, for people and for programs.
#pragma once

#include "runtime/emulator/device.h"
#include "runtime/emulator/histogram.h"
#include "tools/gemmsmith/launch_json.h"

#include <string>

namespace gemmsmith {

// `outputs` is [{"file", "bytes", "unwritten_bytes"}]; `histogram` may be null.
std::string emulationText(const emulator::LaunchReport &report, const OrderedJson &outputs,
                          const emulator::Histogram *histogram);

// {"workgroups", "wave_instructions", "mfma_flops", "seconds", "error", "findings": [{"check",
//  "workgroup", "wave", "lane", "offset", "instruction", "message", "occurrences"}], "outputs"}
//  and,
// with a histogram, {"histogram": {mnemonic: count}}.
OrderedJson emulationJson(const emulator::LaunchReport &report, const OrderedJson &outputs,
                          const emulator::Histogram *histogram);

} // namespace gemmsmith
