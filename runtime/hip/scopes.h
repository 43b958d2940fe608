// What the calling thread is switched to while something is prepared, and switched back from.
#pragma once

#include "runtime/hip/library.h"

namespace gemmsmith::runtime {

// Lets this thread allocate and load while other threads capture: HIP's default is to make such a
// capture invalid.
class CaptureRelaxed {
public:
  explicit CaptureRelaxed(const HipLibrary &hip) : hip_(hip) { exchange(); }
  ~CaptureRelaxed() { exchange(); }
  CaptureRelaxed(const CaptureRelaxed &) = delete;
  CaptureRelaxed &operator=(const CaptureRelaxed &) = delete;

private:
  void exchange() {
    if (hip_->hipThreadExchangeStreamCaptureMode)
      (void)hip_->hipThreadExchangeStreamCaptureMode(&mode_);
  }

  const HipLibrary &hip_;
  hipStreamCaptureMode mode_ = hipStreamCaptureModeRelaxed;
};

// Makes `device` current, and afterwards the one that was.
class DeviceScope {
public:
  DeviceScope(const HipLibrary &hip, int device) : hip_(hip) {
    if (hip_->hipGetDevice(&previous_) != hipSuccess || previous_ == device)
      previous_ = kUnchanged;
    else
      (void)hip_->hipSetDevice(device);
  }
  ~DeviceScope() {
    if (previous_ != kUnchanged)
      (void)hip_->hipSetDevice(previous_);
  }
  DeviceScope(const DeviceScope &) = delete;
  DeviceScope &operator=(const DeviceScope &) = delete;

private:
  static constexpr int kUnchanged = -1;
  const HipLibrary &hip_;
  int previous_ = kUnchanged;
};

} // namespace gemmsmith::runtime
