// Where events are told: the application's callback, or stderr for warnings.
#pragma once

#include "runtime/gemmsmith.h"

#include <mutex>
#include <string>

namespace gemmsmith::runtime {

// Thread-safe; one message at a time.
class Log {
public:
  Log(gs_log_callback callback, void *user) : callback_(callback), user_(user) {}

  void warning(const std::string &message) const { write(GS_LOG_WARNING, message); }
  void info(const std::string &message) const { write(GS_LOG_INFO, message); }

private:
  void write(gs_log_level level, const std::string &message) const;

  gs_log_callback callback_;
  void *user_;
  mutable std::mutex mutex_;
};

} // namespace gemmsmith::runtime
