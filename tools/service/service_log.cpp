#include "tools/service/service_log.h"

#include "configs/file_descriptor.h"

#include <cstddef>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::size_t kFileBytes = 8u << 20;
constexpr std::size_t kOldFiles = 3;
// Of what may be said once: a store that fails in ever new ways must not fill the memory.
constexpr std::size_t kMostSaid = 1000;

// The members of the event's object, which the pattern puts behind the time and the level.
std::string membersOf(std::string_view event, const ServiceLog::Fields &fields) {
  ServiceLog::Fields object{{"event", event}};
  object.update(fields);
  // A compiler's words need not be UTF-8.
  const std::string text =
      object.dump(-1, ' ', false, ServiceLog::Fields::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

// Of a file that is not there yet; spdlog would let others read it.
void createPrivate(const std::string &file) {
  const FileDescriptor created(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

} // namespace

Expected<std::unique_ptr<ServiceLog>> ServiceLog::open(const std::string &file) {
  std::shared_ptr<spdlog::logger> logger;
  try {
    spdlog::sink_ptr sink;
    spdlog::file_event_handlers handlers;
    handlers.before_open = createPrivate;
    if (file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, kFileBytes, kOldFiles,
                                                                    /*rotate_on_open=*/false,
                                                                    handlers);
    logger = std::make_shared<spdlog::logger>("gemmsmith", std::move(sink));
  } catch (const spdlog::spdlog_ex &exception) {
    return makeError(ErrorKind::kFailed, fmt::format("cannot write the log: {}", exception.what()),
                     file);
  }
  logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
  logger->flush_on(spdlog::level::info);
  return std::unique_ptr<ServiceLog>(new ServiceLog(std::move(logger)));
}

void ServiceLog::info(std::string_view event, const Fields &fields) {
  logger_->log(spdlog::level::info, membersOf(event, fields));
}

void ServiceLog::warning(std::string_view event, const Fields &fields) {
  logger_->log(spdlog::level::warn, membersOf(event, fields));
}

void ServiceLog::error(std::string_view event, const Fields &fields) {
  logger_->log(spdlog::level::err, membersOf(event, fields));
}

void ServiceLog::warnOnce(std::string_view event, const std::string &message) {
  {
    const std::lock_guard lock(said_mutex_);
    if (said_.size() >= kMostSaid || !said_.insert(message).second)
      return;
  }
  warning(event, {{"message", message}});
}

} // namespace gemmsmith
