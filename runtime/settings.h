// What a context is made with: the caller's options, and the environment where they are silent.
#pragma once

#include "runtime/failure.h"
#include "runtime/hip/library.h"

#include <string>

namespace gemmsmith::runtime {

struct Settings {
  HipChoice hip;
  std::string objects; // a directory, or empty
  std::string tables;  // separated by ':', or empty
  gs_log_callback log = nullptr;
  void *log_user = nullptr;
};

// GS_ERROR_INVALID, naming the field or the variable, if a value is none.
Outcome<Settings> readSettings(const gs_options *options);

} // namespace gemmsmith::runtime
