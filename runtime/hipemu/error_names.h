// The names and sentences of HIP's error codes.
#pragma once

namespace gemmsmith::hipemu {

struct ErrorText {
  int code;
  const char *name;     // "hipErrorInvalidValue"
  const char *sentence; // "invalid argument"
};

// Null if HIP has no such code.
const ErrorText *errorText(int code);

} // namespace gemmsmith::hipemu
