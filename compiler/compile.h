// From a KernelConfig to a gfx950 code object, in this process.
//
// An LLVM fatal error ends the process: callers other than the worker program go through
// worker_pool.h. Not thread-safe: LLVM keeps state for the whole process.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gemmsmith {

struct CompileOptions {
  bool allow_spills = false; // otherwise scratch or a spilled register is an error
};

// Where `gemmsmith inspect` can stop.
enum class Stage { kGemm, kTile, kScheduled, kHip, kLlvm, kAsm };

// An AMDHSA code object (ELF shared object) with one kernel, named kernelName(config).
Expected<std::vector<std::byte>> compileKernel(const KernelConfig &config,
                                               const CompileOptions &options = {});

// The program as text after `stage`.
Expected<std::string> printStage(const KernelConfig &config, Stage stage);

// Disassembly of the kernels in a code object, one instruction a line.
Expected<std::string> disassemble(const std::vector<std::byte> &code_object);

} // namespace gemmsmith
