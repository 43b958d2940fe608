// Getting many kernels' code objects at the same time: where they are compiled, the compilers of
// the service should all have work.
//
// Promises: each kernel is asked for once, in the order given, by threads that take no signals and
// are gone when this is. Where no thread can be had, await() does the work. Does not: load anything
// into HIP.
#pragma once

#include "runtime/failure.h"
#include "runtime/kernel_modules.h"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gemmsmith::runtime {

class ParallelFetch {
public:
  // Begins. `modules` must outlive this.
  ParallelFetch(KernelModules &modules, std::string device_target,
                const std::vector<KernelConfig> &configs);
  ~ParallelFetch(); // waits for what has begun; the rest is left

  // What became of the kernel; at once for one that was not given. Throws what the work threw.
  Outcome<void> await(const KernelConfig &config);

private:
  struct Job {
    KernelConfig config;
    bool taken = false;
    bool done = false;
    Outcome<void> outcome;
    std::exception_ptr exception; // of the work, for who awaits it
  };

  void work();
  void run(Job &job, std::unique_lock<std::mutex> &lock);

  KernelModules &modules_;
  std::string device_target_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::vector<Job> jobs_;                     // with mutex_, but for the configurations
  std::map<std::string, std::size_t> places_; // of a kernel's name in jobs_
  bool stopping_ = false;                     // with mutex_
  std::vector<std::jthread> threads_;
};

} // namespace gemmsmith::runtime
