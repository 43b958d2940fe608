#include "tools/service/service_report.h"

#include <array>
#include <fmt/format.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace gemmsmith {

namespace {

using Json = nlohmann::ordered_json;
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

constexpr std::array kOrigins{ServiceOrigin::kCompiled, ServiceOrigin::kBundle,
                              ServiceOrigin::kDisk, ServiceOrigin::kRemote};

double secondsSinceEpoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// The lines of the format. A metric is begun, then its samples follow.
class MetricsWriter {
public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP gemmsmith_{} {}\n# TYPE gemmsmith_{} {}\n",
                   name, help, name, type);
  }
  template <typename Value> void sample(Labels labels, Value value, std::string_view suffix = "") {
    fmt::format_to(std::back_inserter(text_), "gemmsmith_{}{}", name_, suffix);
    char separator = '{';
    for (const auto &[name, label] : labels) {
      fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", separator, name, escaped(label));
      separator = ',';
    }
    fmt::format_to(std::back_inserter(text_), "{} {}\n", labels.size() == 0 ? "" : "}", value);
  }
  std::string take() { return std::move(text_); }

private:
  static std::string escaped(std::string_view label) {
    std::string text;
    for (const char c : label) {
      if (c == '\\' || c == '"')
        text += '\\';
      if (c == '\n')
        text += "\\n";
      else
        text += c;
    }
    return text;
  }

  std::string_view name_;
  std::string text_;
};

void writeCompileTimes(MetricsWriter &metrics, const CompileTimes &times) {
  metrics.begin("compile_duration_seconds", "histogram",
                "Time of a successful compile in its worker, without waiting.");
  for (std::size_t i = 0; i < CompileTimes::kBounds.size(); ++i)
    metrics.sample({{"le", fmt::format("{}", CompileTimes::kBounds[i])}}, times.countUpTo(i),
                   "_bucket");
  const std::uint64_t all = times.countUpTo(CompileTimes::kBounds.size());
  metrics.sample({{"le", "+Inf"}}, all, "_bucket");
  metrics.sample({}, times.sum(), "_sum");
  metrics.sample({}, all, "_count");
}

} // namespace

std::string statusJson(const ServiceReport &report) {
  const auto &[facts, counters, jobs, queued] = report;
  const auto uptime = std::chrono::system_clock::now() - facts.started;
  Json requests = Json::object();
  for (const RequestResult result : kRequestResults)
    requests[std::string(toString(result))] = counters.of(result);
  Json hits = Json::object();
  for (const ServiceOrigin origin : kOrigins)
    if (origin != ServiceOrigin::kCompiled)
      hits[std::string(toString(origin))] = counters.of(origin);
  hits["memory"] = counters.remembered.load();
  const Json status{{"schema", "gemmsmith-service-status-1"},
                    {"pid", facts.pid},
                    {"version", facts.version},
                    {"socket", facts.socket},
                    {"uptime_seconds", std::chrono::duration<double>(uptime).count()},
                    {"backend", facts.backend},
                    {"compiler", facts.compiler},
                    {"identity", facts.identity},
                    {"workers", facts.workers},
                    {"jobs", jobs},
                    {"queued", queued},
                    {"max_queue", facts.max_queue},
                    {"connections", counters.connections.load()},
                    {"refused_connections", counters.refused_users + counters.refused_crowd},
                    {"timed_out_connections", counters.timed_out.load()},
                    {"requests", std::move(requests)},
                    {"compiles", counters.of(ServiceOrigin::kCompiled)},
                    {"compile_failures", counters.compile_failures.load()},
                    {"compile_seconds", counters.compile_times.sum()},
                    {"hits", std::move(hits)},
                    {"idle_seconds", facts.idle.count()},
                    {"metrics", facts.metrics.empty() ? Json(nullptr) : Json(facts.metrics)},
                    {"store",
                     {{"mode", toString(facts.store.mode)},
                      {"directory", facts.store.directory},
                      {"limit_bytes", facts.store.limit_bytes},
                      {"bundles", facts.store.bundles}}}};
  return status.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string metricsText(const ServiceReport &report) {
  const auto &[facts, counters, jobs, queued] = report;
  MetricsWriter metrics;
  metrics.begin("build_info", "gauge", "What runs: its version and its compiler.");
  metrics.sample({{"version", facts.version},
                  {"backend", facts.backend},
                  {"compiler_identity", facts.identity}},
                 1);
  metrics.begin("start_time_seconds", "gauge", "When the service started, since the epoch.");
  metrics.sample({}, secondsSinceEpoch(facts.started));
  metrics.begin("requests_total", "counter", "Requests by what was answered.");
  for (const RequestResult result : kRequestResults)
    metrics.sample({{"result", toString(result)}}, counters.of(result));
  metrics.begin("compiles_total", "counter", "Compiles by how they ended.");
  metrics.sample({{"result", "good"}}, counters.of(ServiceOrigin::kCompiled));
  metrics.sample({{"result", "failed"}}, counters.compile_failures.load());
  writeCompileTimes(metrics, counters.compile_times);
  metrics.begin("hits_total", "counter", "Code objects that were there already, by where.");
  for (const ServiceOrigin origin : kOrigins)
    if (origin != ServiceOrigin::kCompiled)
      metrics.sample({{"tier", toString(origin)}}, counters.of(origin));
  metrics.sample({{"tier", "memory"}}, counters.remembered.load());
  metrics.begin("jobs", "gauge", "Kernels that are asked for and not answered.");
  metrics.sample({}, jobs);
  metrics.begin("queued_jobs", "gauge", "Of these, those that nobody works on yet.");
  metrics.sample({}, queued);
  metrics.begin("workers", "gauge", "Compile workers at most.");
  metrics.sample({}, facts.workers);
  metrics.begin("connections", "gauge", "Clients that are connected.");
  metrics.sample({}, counters.connections.load());
  metrics.begin("refused_connections_total", "counter", "Connections refused, by reason.");
  metrics.sample({{"reason", "user"}}, counters.refused_users.load());
  metrics.sample({{"reason", "limit"}}, counters.refused_crowd.load());
  metrics.begin("timed_out_connections_total", "counter",
                "Connections closed as they neither sent a whole request nor took the answer.");
  metrics.sample({}, counters.timed_out.load());
  return metrics.take();
}

} // namespace gemmsmith
