#include "compiler/generator_fingerprint.h"

#include "compiler/loaded_code.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace gemmsmith {

namespace {

// The program itself, and the libraries that decide what code comes out. The C and C++ libraries do
// not, and their security updates should not invalidate every object.
bool decidesCode(std::string_view file) {
  return file.empty() ||
         std::ranges::any_of(std::array{"LLVM", "MLIR", "lld", "gemmsmith"},
                             [&](std::string_view part) { return file.find(part) != file.npos; });
}

} // namespace

std::string generatorFingerprint() {
  return loadedCodeFingerprint(decidesCode);
}

std::vector<std::string> generatorFiles() {
  return loadedFiles(decidesCode);
}

} // namespace gemmsmith
