// The environment that hiprtc, comgr, clang and lld read.
#pragma once

namespace gemmsmith {

// Takes out of this process's environment what would change the code that comes out, or where files
// are left. To be called before any of those libraries is loaded: they read some of it only once.
void cleanCompilerEnvironment();

} // namespace gemmsmith
