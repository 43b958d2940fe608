#include "compiler/worker_pool.h"

#include "compiler/worker_process.h"
#include "configs/kernel_name.h"
#include "configs/this_file.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

struct WorkerPool::State {
  struct Job {
    WorkerRequest request;
    Callback done;
  };

  explicit State(Options given) : options(std::move(given)) {
    if (options.workers <= 0)
      options.workers = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    if (options.program.empty())
      options.program = defaultWorkerProgram();
    cancel_event = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }

  // The life of one slot: at most one worker at a time, replaced after it died.
  void serve();
  Expected<WorkerResponse> run(std::optional<WorkerProcess> &worker, const WorkerRequest &request);
  void cancel();

  Options options;
  FileDescriptor cancel_event; // readable for ever once the pool is cancelled
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> queue;
  std::vector<std::thread> slots;
  int idle_slots = 0;
  bool cancelled = false;
};

namespace {

tl::unexpected<Error> cancelledError() {
  return makeError(ErrorKind::kFailed, "cancelled");
}

// What an error of the transport is about: the kernel, when the request has one.
std::string subject(const WorkerRequest &request) {
  const bool has_config = request.op == WorkerOp::kCompile || request.op == WorkerOp::kStage;
  return has_config ? kernelName(request.config) : request.name;
}

std::string textOf(const std::vector<std::byte> &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace

fs::path workerProgram(const char *variable, std::string_view name) {
  if (const char *program = std::getenv(variable); program != nullptr && *program != 0)
    return program;
  return folderOfThisFile() / fs::path(name);
}

fs::path defaultWorkerProgram() {
  return workerProgram("GEMMSMITH_WORKER", "gemmsmith-llvm-worker");
}

Expected<WorkerResponse> WorkerPool::State::run(std::optional<WorkerProcess> &worker,
                                                const WorkerRequest &request) {
  // One that died while idle did no harm: nothing was asked of it.
  if (worker && !worker->alive())
    worker.reset();
  if (!worker) {
    auto started =
        WorkerProcess::start(options.program, {.memory_limit_bytes = options.memory_limit_bytes,
                                               .temporary_directory = options.temporary_directories,
                                               .launcher = options.launcher,
                                               .interrupt_fd = options.interrupt_fd});
    if (!started)
      return tl::unexpected(started.error());
    worker.emplace(std::move(*started));
  }
  auto response = worker->call(request, options.time_limit, cancel_event.get());
  if (!response && response.error().where.empty())
    response.error().where = subject(request);
  return response;
}

void WorkerPool::State::serve() {
  std::optional<WorkerProcess> worker;
  std::unique_lock lock(mutex);
  for (;;) {
    ++idle_slots;
    changed.wait(lock, [&] { return cancelled || !queue.empty(); });
    --idle_slots;
    if (cancelled)
      return;
    Job job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    job.done(run(worker, job.request));
    job = {}; // whatever the callback holds must not outlive it until the next request
    lock.lock();
  }
}

void WorkerPool::State::cancel() {
  std::deque<Job> abandoned;
  {
    std::lock_guard lock(mutex);
    cancelled = true;
    abandoned.swap(queue);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(cancel_event.get(), &one, sizeof one);
  }
  changed.notify_all();
  for (Job &job : abandoned)
    job.done(cancelledError());
}

WorkerPool::WorkerPool(Options options) : state_(std::make_unique<State>(std::move(options))) {}

WorkerPool::~WorkerPool() {
  state_->cancel();
  for (std::thread &slot : state_->slots)
    slot.join();
}

void WorkerPool::cancel() {
  state_->cancel();
}

int WorkerPool::workers() const {
  return state_->options.workers;
}

void WorkerPool::submit(WorkerRequest request, Callback done) {
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->cancelled) {
      state_->queue.push_back({std::move(request), std::move(done)});
      const bool all_busy = state_->idle_slots < static_cast<int>(state_->queue.size());
      if (all_busy && static_cast<int>(state_->slots.size()) < state_->options.workers)
        state_->slots.emplace_back([state = state_.get()] { state->serve(); });
      state_->changed.notify_one();
      return;
    }
  }
  done(cancelledError());
}

std::future<Expected<CompiledKernel>> WorkerPool::compile(const KernelConfig &config,
                                                          const CompileOptions &options) {
  auto promise = std::make_shared<std::promise<Expected<CompiledKernel>>>();
  submit({.op = WorkerOp::kCompile, .config = config, .options = options},
         [promise](Expected<WorkerResponse> response) {
           promise->set_value(std::move(response).map([](WorkerResponse &&r) {
             return CompiledKernel{std::move(r.payload), r.seconds, std::move(r.log)};
           }));
         });
  return promise->get_future();
}

namespace {

// Submits a request whose payload is text.
std::future<Expected<std::string>> submitForText(WorkerPool &pool, WorkerRequest request) {
  auto promise = std::make_shared<std::promise<Expected<std::string>>>();
  pool.submit(std::move(request), [promise](Expected<WorkerResponse> response) {
    promise->set_value(response.map([](const WorkerResponse &r) { return textOf(r.payload); }));
  });
  return promise->get_future();
}

} // namespace

std::future<Expected<std::string>> WorkerPool::printStage(const KernelConfig &config, Stage stage) {
  return submitForText(*this, {.op = WorkerOp::kStage, .config = config, .stage = stage});
}

std::future<Expected<std::string>> WorkerPool::disassemble(std::vector<std::byte> code_object) {
  return submitForText(*this, {.op = WorkerOp::kDisassemble, .payload = std::move(code_object)});
}

std::future<Expected<std::string>> WorkerPool::fingerprint() {
  return submitForText(*this, {.op = WorkerOp::kFingerprint});
}

} // namespace gemmsmith
