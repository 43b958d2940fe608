// What this process would generate code objects with: itself, LLVM, MLIR and lld.
//
// Promises: two processes with the same fingerprint run the same generator and the same compiler,
// wherever they are installed. Made of the build IDs that the linker recorded, or of the files'
// contents where there are none; never of paths, names of hosts, or times.
#pragma once

#include <string>
#include <vector>

namespace gemmsmith {

// 32 hexadecimal digits.
std::string generatorFingerprint();

// The paths of what it is made of.
std::vector<std::string> generatorFiles();

} // namespace gemmsmith
