// HIP's runtime library, found and bound while the program runs.
//
// Promises: takes the library that was named, or else the one the process has loaded already, or
// else the newest that the loader finds by soname; the emulated device only when it is asked for. A
// missing library, or one that lacks a function that cannot be done without, is an error that
// names what was tried or what is missing. Opening does not initialise HIP.
// Does not: close the library again. HIP's threads and exit handlers outlive any use of it.
#pragma once

#include "configs/error.h"
#include "runtime/hip/functions.h"

#include <string>
#include <string_view>

namespace gemmsmith::runtime {

enum class HipKind { kHip, kEmulator };

struct HipChoice {
  HipKind kind = HipKind::kHip;
  std::string path; // empty = search by soname; for the emulator, beside this library
};

class HipLibrary {
public:
  static Expected<HipLibrary> open(const HipChoice &choice);

  // The file that was loaded.
  const std::string &path() const { return path_; }
  const HipFunctions &functions() const { return functions_; }
  const HipFunctions *operator->() const { return &functions_; }

  // Nothing if the call succeeded, else an error with HIP's text: "hipMalloc: out of memory (2)".
  Expected<void> check(hipError_t status, std::string_view call) const;

  // "gfx950:sramecc+:xnack-", as the device says.
  Expected<std::string> targetId(int device) const;
  Expected<int> currentDevice() const;
  // Whether the stream is being captured, valid or not. Libraries that cannot tell do not capture.
  Expected<bool> isCapturing(hipStream_t stream) const;

private:
  std::string path_;
  HipFunctions functions_;
};

} // namespace gemmsmith::runtime
