// The code object manager that a hiprtc compiles with: clang, LLVM and lld behind one library.
//
// Does not: compile; it is asked only what hiprtc does not tell.
#pragma once

#include "compiler/hiprtc/hiprtc_library.h"
#include "configs/error.h"

#include <string>
#include <vector>

namespace gemmsmith {

struct Comgr {
  std::string path; // without symbolic links
  std::string version;
  std::vector<std::string> isas; // processors ("gfx950"), in comgr's order

  // Loads the comgr that `hiprtc` will use, if it is not loaded yet: hiprtc loads it at its first
  // compile, by a name that no one else may have answered with another file meanwhile.
  static Expected<Comgr> of(const HiprtcLibrary &hiprtc);
};

} // namespace gemmsmith
