// The file that holds the project's own code while it runs: libgemmsmith.so or a program. What is
// loaded later lies beside it. Thread-safe.
#pragma once

#include <string>

namespace gemmsmith {

// The program that runs, without symbolic links; where its file is not there any more (replaced,
// removed), a name under which the system still opens it.
std::string thisProgram();

// The file that an address was loaded from, as the loader names it; empty when it cannot tell.
std::string fileOfAddress(const void *address);

// The folder, with '/' at its end, of the file that this very function was linked into; empty when
// the loader cannot tell.
std::string folderOfThisFile();

} // namespace gemmsmith
