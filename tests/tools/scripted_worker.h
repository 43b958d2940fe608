// The scripts of the test program scripted_worker: what it does when it is asked to compile a
// configuration. The script travels in group_m, which means nothing else to it.
#pragma once

#include "configs/kernel_config.h"

namespace gemmsmith {

enum class Script : int {
  kPid = 1,       // answers with its process ID
  kEchoName,      // answers with the kernel's name
  kReportError,   // answers with an error of kind kIllegal
  kAbort,         // writes "last words" to stderr and aborts
  kSegfault,      // ...
  kExit,          // leaves with code 5
  kHang,          // never answers
  kStop,          // stops itself
  kExhaustMemory, // allocates until it may not
  kGarbagePrefix, // answers with bytes that are no message
  kGarbageHeader, // answers with a message that is no response
  kHalfAnswer,    // dies in the middle of its answer
  kTwoAnswers,    // answers twice
  kLargeAnswer,   // answers with 32 MiB of 0x5a
  kChatter,       // fills its stderr with 1 MiB, then answers with its process ID
  kCloseSocket,   // closes its socket and goes on living
  kSlow,          // answers with its process ID after 50 ms
};

inline KernelConfig scripted(Script script) {
  KernelConfig config;
  config.tile = {16, 64, 64};
  config.group_m = static_cast<int>(script);
  return config;
}

} // namespace gemmsmith
