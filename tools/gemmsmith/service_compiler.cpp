#include "tools/gemmsmith/service_compiler.h"

#include "configs/held_signals.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/launch_json.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <string_view>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

// A thread only waits. For each worker what it compiles and what it compiles next, within the
// connections that a service has for all its clients.
constexpr int kMostThreads = 256;

// What the service, which may be of another version, says of its compiler.
Expected<ObjectCompilerFacts> parseFacts(const std::string &status, const std::string &socket) {
  const OrderedJson json = OrderedJson::parse(status, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char *name) {
    const auto field = json.find(name);
    return field != json.end() && field->is_string() ? field->get<std::string>() : std::string();
  };
  if (json.is_object()) {
    const auto backend = parseBackend(text("backend"));
    const auto workers = json.find("workers");
    if (backend && !text("identity").empty() && workers != json.end() &&
        workers->is_number_integer() && *workers > 0 && *workers <= std::numeric_limits<int>::max())
      return ObjectCompilerFacts{.identity = {.hex = text("identity"), .files = {}},
                                 .backend = *backend,
                                 .compiler = text("compiler"),
                                 .workers = workers->get<int>()};
  }
  return makeError(ErrorKind::kFailed,
                   "the compile service does not say which compiler it has; `gemmsmith serve "
                   "--stop` ends it",
                   socket);
}

tl::unexpected<Error> noResources(std::string_view what, int code) {
  return makeError(ErrorKind::kFailed,
                   fmt::format("cannot make {}: {}", what, std::generic_category().message(code)));
}

} // namespace

ServiceCompiler::ServiceCompiler(ServiceOptions options, FileDescriptor cancelled,
                                 ObjectCompilerFacts facts)
    : cancelled_(std::move(cancelled)), facts_(std::move(facts)), client_(std::move(options)) {}

Expected<std::unique_ptr<ObjectCompiler>> ServiceCompiler::start(ServiceOptions options) {
  auto facts = ServiceClient(options).start().and_then(
      [&](const std::string &status) { return parseFacts(status, options.socket); });
  if (!facts)
    return tl::unexpected(facts.error());
  FileDescriptor cancelled(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (cancelled.get() < 0)
    return noResources("an event", errno);
  options.interrupt_fd = cancelled.get();
  std::unique_ptr<ServiceCompiler> compiler(
      new ServiceCompiler(std::move(options), std::move(cancelled), std::move(*facts)));
  if (auto started = compiler->startThreads(); !started)
    return tl::unexpected(started.error());
  return compiler;
}

Expected<void> ServiceCompiler::startThreads() {
  const auto wanted = static_cast<std::size_t>(2 * std::min(facts_.workers, kMostThreads / 2));
  // Ctrl-C is for the thread that waits for these.
  const AllSignalsBlocked blocked;
  while (threads_.size() < wanted) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error &error) {
      if (threads_.empty())
        return noResources("a thread", error.code().value());
      break; // those that there are do it
    }
  }
  return {};
}

ServiceCompiler::~ServiceCompiler() {
  cancel();
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  for (std::thread &thread : threads_)
    thread.join();
}

void ServiceCompiler::cancel() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(cancelled_.get(), &one, sizeof one);
}

void ServiceCompiler::compile(const KernelConfig &config, const CompileOptions &options,
                              Callback done) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(
        {.config = config, .allow_spills = options.allow_spills, .done = std::move(done)});
  }
  changed_.notify_one();
}

void ServiceCompiler::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return leaving_ || !requests_.empty(); });
    if (requests_.empty())
      return;
    const Request request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    request.done(ask(request));
  }
}

Expected<CompiledObject> ServiceCompiler::ask(const Request &request) {
  auto answer =
      client_.compile(request.config, toString(request.config.target), request.allow_spills);
  if (!answer)
    return tl::unexpected(std::move(answer.error()));
  const std::string &compiler = answer->entry.key.fields().compiler;
  if (compiler != facts_.identity.hex)
    return makeError(ErrorKind::kFailed,
                     fmt::format("the compile service at {} was replaced by one with another "
                                 "compiler, {} instead of {}; the same command builds with that",
                                 client_.options().socket, compiler, facts_.identity.hex),
                     kernelName(request.config));
  const bool compiled = answer->origin == ServiceOrigin::kCompiled;
  return CompiledObject{
      .code_object = std::move(answer->entry.code_object),
      .origin = compiled ? ObjectOrigin::kCompiled : ObjectOrigin::kFromStore,
      .seconds = std::chrono::duration<double>(answer->compile_time).count(),
  };
}

} // namespace gemmsmith
