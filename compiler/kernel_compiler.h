// Compiles kernels in worker processes, by either back end: the embedded LLVM, or the hiprtc of an
// installed ROCm.
//
// Promises: both take the same low-level IR, so their objects compute the same numbers. Which of
// them is used is decided once, when the compiler starts, and can be asked for. Everything else is
// as worker_pool.h has it: one answer for each request, and a crash costs that request only.
// Thread-safe.
#pragma once

#include "compiler/backend.h"
#include "compiler/worker_pool.h"
#include "configs/error.h"
#include "configs/kernel_config.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gemmsmith {

struct KernelCompilerOptions {
  Backend backend = Backend::kAuto;
  std::string target = "gfx950";
  int workers = 0; // of the generator, and of hiprtc where that is used; 0 = one per core
  // Once this is readable everything ends with an error, the search for a hiprtc too; -1 = none.
  int interrupt_fd = -1;
  // Of each kernel, in the generator and in hiprtc.
  std::chrono::milliseconds time_limit = WorkerPoolOptions{}.time_limit;
  std::uint64_t memory_limit_bytes = WorkerPoolOptions{}.memory_limit_bytes; // 0 = no limit
};

// What decides the bytes that come out of a generator with this fingerprint and a back end: equal
// identities make equal code objects of equal configurations. 32 hexadecimal digits.
std::string compilerIdentity(const std::string &generator, const BackendChoice &choice);

struct CompilerIdentity {
  std::string hex; // compilerIdentity()
  std::vector<std::string> files;
};

class KernelCompiler {
public:
  // Runs on a thread of a pool; must not throw and must not destroy the compiler.
  using Callback = std::function<void(Expected<CompiledKernel>)>;

  // Looks for a hiprtc, unless LLVM is asked for.
  static Expected<std::unique_ptr<KernelCompiler>> start(const KernelCompilerOptions &options = {});
  ~KernelCompiler(); // unfinished requests fail as cancelled
  KernelCompiler(const KernelCompiler &) = delete;
  KernelCompiler &operator=(const KernelCompiler &) = delete;

  const BackendChoice &choice() const { return choice_; }
  Expected<std::string> identity(); // compilerIdentity() of its own
  // The same, with the files that it depends on, for cache/compiler_record.h. From now on a kernel
  // that another generator or back end compiles, because the files were replaced, is an error.
  Expected<CompilerIdentity> identify();

  // `seconds` of the result are the workers' own for this kernel, generator included.
  void compile(const KernelConfig &config, const CompileOptions &options, Callback done);
  std::future<Expected<CompiledKernel>> compile(const KernelConfig &config,
                                                const CompileOptions &options = {});

  // The workers with LLVM and MLIR, which also print stages and disassemble.
  WorkerPool &generator() { return *generator_; }

  void cancel(); // as WorkerPool::cancel
  int workers() const { return generator_->workers(); }

private:
  KernelCompiler(const KernelCompilerOptions &options, BackendChoice choice);
  Expected<void> checkGenerator(const WorkerResponse &response, const std::string &kernel) const;
  void compileHip(const KernelConfig &config, const CompileOptions &options,
                  const WorkerResponse &source, const Callback &done);

  std::string target_;
  BackendChoice choice_;
  mutable std::mutex mutex_;
  std::string fingerprint_; // the generator's, with mutex_; empty: not asked for yet
  // In this order: the generator's callbacks submit to the other pool, so that must outlive it.
  std::unique_ptr<WorkerPool> hiprtc_pool_;
  std::unique_ptr<WorkerPool> generator_;
};

} // namespace gemmsmith
