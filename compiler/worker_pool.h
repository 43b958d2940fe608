// Compile workers: processes that hold LLVM so that this one need not, and may die of it.
//
// Promises: every request is answered exactly once, whatever happens to its worker. A worker that
// crashes, is killed, aborts inside LLVM, exceeds its time or memory, or answers nonsense costs the
// request it was working on, with a message that says so (the signal's name, the end of its
// standard error); a fresh worker takes the next request. Destroying the pool, or the end of this
// process however it comes, ends all workers.
// Does not: link LLVM, retry, or cache. Workers are started when there is work for them and kept
// warm until the pool goes. Thread-safe: any thread may submit, and results are independent of it.
#pragma once

#include "compiler/compile.h"
#include "compiler/worker_protocol.h"
#include "configs/error.h"
#include "configs/kernel_config.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct WorkerPoolOptions {
  int workers = 0; // processes at most; 0 = one per core
  // The worker program; empty = $GEMMSMITH_WORKER, or gemmsmith-llvm-worker beside this executable.
  std::filesystem::path program = {};
  std::chrono::milliseconds time_limit{120'000}; // per request
  // Address space of one worker (libLLVM and libMLIR take 0.3 GiB of it); 0 = no limit. Not applied
  // under AddressSanitizer, whose shadow memory alone exceeds any sensible limit.
  std::uint64_t memory_limit_bytes = 4ull << 30;
  // Whether each worker gets a TMPDIR of its own that goes with it; gemmsmith-hiprtc needs one.
  bool temporary_directories = false;
  std::filesystem::path launcher = {}; // as in WorkerProcessOptions
  int interrupt_fd = -1;               // …
};

struct CompiledKernel {
  std::vector<std::byte> code_object;
  double seconds = 0;   // in the worker, without waiting
  std::string log = {}; // what the compiler says of a kernel that it compiles; most say nothing
};

class WorkerPool {
public:
  using Options = WorkerPoolOptions;
  // Runs on a thread of the pool; must not throw and must not destroy the pool.
  using Callback = std::function<void(Expected<WorkerResponse>)>;

  explicit WorkerPool(Options options = {});
  ~WorkerPool(); // unfinished requests fail as cancelled
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  std::future<Expected<CompiledKernel>> compile(const KernelConfig &config,
                                                const CompileOptions &options = {});
  std::future<Expected<std::string>> printStage(const KernelConfig &config, Stage stage);
  std::future<Expected<std::string>> disassemble(std::vector<std::byte> code_object);
  // Identifies the generator: equal fingerprints make equal code objects of equal configurations.
  std::future<Expected<std::string>> fingerprint();

  // The general form of the above: requests are taken in the order of submission.
  void submit(WorkerRequest request, Callback done);

  // Fails queued and running requests and kills the workers. Later requests fail too.
  void cancel();

  int workers() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// Where the worker program is, by the rule of WorkerPoolOptions::program. Not checked to exist.
std::filesystem::path defaultWorkerProgram();

// What the environment variable names, or the program of that name beside this executable.
std::filesystem::path workerProgram(const char *variable, std::string_view name);

} // namespace gemmsmith
