// What machine code this process has loaded, as a fingerprint.
//
// Promises: two processes with the same fingerprint have loaded the same of what it covers,
// wherever that is installed. Made of the build IDs that the linker recorded, or of the files'
// contents where there are none; never of paths, names of hosts, or times.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Whether a fingerprint covers the library whose file has this name ("libLLVM.so.22"); the name of
// the program itself is empty.
using CodeFilter = std::function<bool(std::string_view file)>;

// 32 hexadecimal digits.
std::string loadedCodeFingerprint(const CodeFilter &covers);

// The paths of the loaded files that the filter takes, as the loader found them; of the program
// itself without symbolic links.
std::vector<std::string> loadedFiles(const CodeFilter &takes);

} // namespace gemmsmith
