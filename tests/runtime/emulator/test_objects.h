// Code objects for the tests: kernels compiled at build time, and assembly turned into kernels
// here.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith::emulator {

// The bytes of NAME.co as the build made it of a source in kernels/, and of NAME compiled at
// -O`level`.
std::vector<std::byte> objectFile(const std::string &name);
std::vector<std::byte> compiledKernels(const std::string &name, std::string_view level);
std::vector<std::byte> compiledKernels(const std::string &name, int level);

struct AssemblyOptions {
  int lds_bytes = 0;
  int vgprs = 32; // architectural ones; as many accumulation registers follow
  int sgprs = 64;
  int workgroup_id = 1; // dimensions
  std::string extra;    // more .amdhsa_ directives
};

// A code object with one kernel `test(uint64 out, uint64 in, uint32 n)` of these instructions. On
// entry s[0:1] points at the arguments, s2 is the workgroup id, v0 the thread.
std::vector<std::byte> assemble(std::string_view instructions, const AssemblyOptions &options = {});

// One code object with a kernel test0, test1, … of each, all like `test`.
std::vector<std::byte> assembleKernels(std::span<const std::string> kernels,
                                       const AssemblyOptions &options = {});

// Assembles and links a whole file, by lld's own layout if there is no linker script.
std::vector<std::byte> link(std::string_view assembly, std::string_view linker_script = {});

// What a command prints; fails the test if the command does.
std::string outputOf(const std::string &command);

// A fresh path for a temporary file that is removed at exit.
std::string temporaryPath(std::string_view suffix);
void writeFile(const std::string &path, std::string_view text);

} // namespace gemmsmith::emulator
