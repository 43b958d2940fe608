#include "tools/service/service.h"

#include "cache/store.h"
#include "tools/service/broker.h"
#include "tools/service/compiler_note.h"
#include "tools/service/connection_loop.h"
#include "tools/service/listening_socket.h"
#include "tools/service/service_counters.h"
#include "tools/service/service_log.h"

#include <algorithm>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

// Descriptors beside those of connections: workers, the store, the log.
constexpr rlim_t kOtherDescriptors = 1024;
// A worker that nobody has asked for yet takes memory too.
constexpr int kMostWarmWorkers = 8;

void raiseDescriptorLimit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  const rlim_t wanted = ConnectionLoop::kMaxConnections + kOtherDescriptors;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(wanted, limit.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Starts those that do not run yet. The answers are of no interest.
void warmUp(KernelCompiler &compiler) {
  for (int i = 0; i < std::min(compiler.workers(), kMostWarmWorkers); ++i)
    compiler.generator().submit({.op = WorkerOp::kFingerprint}, [](auto &&) {});
}

ServiceFacts factsOf(const CompileServiceOptions &options, const KernelCompiler &compiler,
                     std::string identity) {
  return {.pid = ::getpid(),
          .version = options.version,
          .socket = options.socket,
          .started = std::chrono::system_clock::now(),
          .backend = std::string(toString(compiler.choice().backend)),
          .compiler = compiler.choice().str(),
          .identity = std::move(identity),
          .workers = compiler.workers(),
          .max_queue = options.max_queue,
          .idle = options.idle,
          .metrics = {},
          .store = options.store};
}

BrokerOptions brokerOptions(const CompileServiceOptions &options, const ServiceFacts &facts,
                            KernelCompiler &compiler, ConnectionLoop &loop) {
  return {
      .compiler = facts.identity,
      .workers = facts.workers,
      .max_queue = options.max_queue,
      .patience = options.compiler.time_limit,
      .compile = [&compiler](const KernelConfig &config,
                             const CompileOptions &how) { return compiler.compile(config, how); },
      .make_entry =
          [&options, &compiler](const CacheKey &key, std::span<const std::byte> bytes) {
            return options.make_entry(key, bytes, compiler.choice().backend);
          },
      .answer = [&loop](const std::vector<WaiterId> &waiters, ResponseBytes bytes,
                        RequestResult result) { loop.deliver(waiters, std::move(bytes), result); }};
}

void logStart(ServiceLog &log, const ServiceFacts &facts) {
  log.info("listening", {{"socket", facts.socket},
                         {"pid", facts.pid},
                         {"version", facts.version},
                         {"workers", facts.workers},
                         {"backend", facts.backend},
                         {"compiler", facts.compiler},
                         {"identity", facts.identity},
                         {"store", facts.store.directory},
                         {"store_mode", toString(facts.store.mode)},
                         {"metrics", facts.metrics}});
}

// What runs once the place is claimed; its own errors are told to the log as well.
Expected<void> serve(const CompileServiceOptions &options, ListeningSocket &socket,
                     ServiceLog &log) {
  raiseDescriptorLimit();
  auto compiler = KernelCompiler::start(options.compiler);
  if (!compiler)
    return tl::unexpected(compiler.error());
  auto identity = (*compiler)->identify();
  if (!identity)
    return tl::unexpected(identity.error());
  ServiceFacts facts = factsOf(options, **compiler, identity->hex);
  Store store(options.store,
              [&log](const std::string &warning) { log.warnOnce("store", warning); });
  const auto record = ownCompilerRecord(*identity);
  if (!record)
    return tl::unexpected(record.error());
  // A back end that was asked for would be taken for the one of those that this service's clients
  // start by themselves.
  const bool by_default = (*compiler)->choice().wanted == Backend::kAuto;
  const auto note = [&] {
    if (by_default && !isCompilerNoted(store.lockDirectory()))
      if (const auto noted = noteCompiler(store.lockDirectory(), *record); !noted)
        log.warnOnce("store", "the compiler is not noted: " + noted.error().str());
  };
  if (by_default)
    (void)noteCompiler(store.lockDirectory(), *record); // anew: its date says who came last

  std::unique_ptr<MetricsServer> metrics;
  if (options.metrics) {
    auto listening = MetricsServer::listen(*options.metrics);
    if (!listening)
      return tl::unexpected(listening.error());
    metrics = std::move(*listening);
    facts.metrics = metrics->address();
  }
  if (auto listening = socket.listen(); !listening)
    return listening;

  ServiceCounters counters;
  Broker *running = nullptr;
  const auto report = [&] {
    return ServiceReport{
        .facts = facts, .counters = counters, .jobs = running->jobs(), .queued = running->queued()};
  };
  auto loop = ConnectionLoop::make({.stop_fd = options.stop_fd,
                                    .idle = options.idle,
                                    .status = [&] { return statusJson(report()); },
                                    .reason_to_leave = [&]() -> std::string_view {
                                      if (!record->isCurrent())
                                        return "the compiler was replaced";
                                      note(); // the store may have been cleared
                                      return {};
                                    }},
                                   socket, counters, log);
  if (!loop)
    return tl::unexpected(loop.error());
  Broker broker(brokerOptions(options, facts, **compiler, **loop), store, counters, log);
  running = &broker;
  if (metrics)
    metrics->run([&] { return metricsText(report()); });
  warmUp(**compiler);
  logStart(log, facts);
  options.on_listening(facts);

  (*loop)->run(broker);
  metrics.reset(); // it asks the broker
  (*compiler)->cancel();
  log.info("stopped", {{"compiles", counters.of(ServiceOrigin::kCompiled)}});
  return {};
}

} // namespace

Expected<ServiceEnd> runService(const CompileServiceOptions &options) {
  auto socket = ListeningSocket::claim(options.socket);
  if (!socket)
    return tl::unexpected(socket.error());
  if (!*socket)
    return ServiceEnd::kTaken;
  auto log = ServiceLog::open(options.log);
  if (!log)
    return tl::unexpected(log.error());
  if (auto served = serve(options, **socket, **log); !served) {
    (*log)->error("cannot_serve", {{"message", served.error().str()}});
    return tl::unexpected(served.error());
  }
  return ServiceEnd::kStopped;
}

} // namespace gemmsmith
