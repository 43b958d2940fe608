// What a compile service tells whoever runs it: one JSON object a line.
//
//   {"time": RFC3339, "level": "info" | "warning" | "error", "event": NAME, ...fields of the event}
//
// Thread-safe.
#pragma once

#include "configs/error.h"

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace gemmsmith {

class ServiceLog {
public:
  using Fields = nlohmann::ordered_json;

  // To a file that is replaced before it grows beyond 8 MiB (three old ones are kept), or to
  // standard error where `file` is empty. Files that it creates are this user's alone.
  static Expected<std::unique_ptr<ServiceLog>> open(const std::string &file);

  void info(std::string_view event, const Fields &fields = {});
  void warning(std::string_view event, const Fields &fields = {});
  void error(std::string_view event, const Fields &fields = {});
  // The first time that it is said.
  void warnOnce(std::string_view event, const std::string &message);

private:
  explicit ServiceLog(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  std::shared_ptr<spdlog::logger> logger_;
  std::mutex said_mutex_;
  std::set<std::string> said_;
};

} // namespace gemmsmith
