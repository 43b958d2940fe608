// Random straight-line programs with the wait states that LLVM puts into them.
#pragma once

#include <string>
#include <vector>

namespace gemmsmith::emulator {

// Each program is its instructions as assembly, without s_endpgm. LLVM's hazard recognizer ran over
// machine IR of random instructions on few registers. The programs leave out what LLVM waits for
// and the manual does not ask for.
std::vector<std::vector<std::string>> randomHazardPrograms(int count, int length, unsigned seed);

} // namespace gemmsmith::emulator
