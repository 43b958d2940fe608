// What a context is made with: the caller's options, and the environment where they are silent.
#pragma once

#include "cache/store_options.h"
#include "runtime/failure.h"
#include "runtime/hip/library.h"

#include <string>

namespace gemmsmith::runtime {

struct Settings {
  HipChoice hip;
  std::string objects; // a directory, or empty
  std::string tables;  // separated by ':', or empty
  StoreOptions store;
  std::string compiler;          // 32 hexadecimal digits, or empty
  bool service = true;           // whether the compile service is asked …
  bool may_start_service = true; // … and started
  std::string service_socket;    // its path
  std::string service_program;   // the installed compiler, which can start it; or empty
  gs_log_callback log = nullptr;
  void *log_user = nullptr;
};

// GS_ERROR_INVALID, naming the field or the variable, if a value is none.
Outcome<Settings> readSettings(const gs_options *options);

} // namespace gemmsmith::runtime
