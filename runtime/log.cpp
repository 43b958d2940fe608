#include "runtime/log.h"

#include <cstdio>

namespace gemmsmith::runtime {

void Log::write(gs_log_level level, const std::string &message) const {
  const std::lock_guard lock(mutex_);
  if (callback_)
    callback_(user_, level, message.c_str());
  else if (level == GS_LOG_WARNING)
    std::fprintf(stderr, "gemmsmith: %s\n", message.c_str());
}

} // namespace gemmsmith::runtime
