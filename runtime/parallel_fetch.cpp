#include "runtime/parallel_fetch.h"

#include "configs/held_signals.h"
#include "configs/kernel_name.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace gemmsmith::runtime {

namespace {

// More than a machine's compilers, which are one per core at most times: a thread here only waits.
constexpr std::size_t kMostThreads = 32;

} // namespace

ParallelFetch::ParallelFetch(KernelModules &modules, std::string device_target,
                             const std::vector<KernelConfig> &configs)
    : modules_(modules), device_target_(std::move(device_target)) {
  for (const KernelConfig &config : configs)
    if (places_.emplace(kernelName(config), jobs_.size()).second)
      jobs_.push_back({.config = config, .outcome = {}, .exception = {}});
  const AllSignalsBlocked blocked;
  const std::size_t threads = jobs_.size() > 1 ? std::min(kMostThreads, jobs_.size()) : 0;
  threads_.reserve(threads);
  for (bool more = true; more && threads_.size() < threads;) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error &) {
      more = false; // the system gives none; those that there are do it
    }
  }
}

ParallelFetch::~ParallelFetch() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

void ParallelFetch::work() {
  std::unique_lock lock(mutex_);
  for (Job &job : jobs_) {
    if (stopping_)
      return;
    if (!job.taken)
      run(job, lock);
  }
}

void ParallelFetch::run(Job &job, std::unique_lock<std::mutex> &lock) {
  job.taken = true;
  lock.unlock();
  Outcome<void> outcome;
  std::exception_ptr exception;
  try {
    outcome = modules_.fetch(device_target_, job.config);
  } catch (...) {
    exception = std::current_exception();
  }
  lock.lock();
  job.outcome = std::move(outcome);
  job.exception = std::move(exception);
  job.done = true;
  finished_.notify_all();
}

Outcome<void> ParallelFetch::await(const KernelConfig &config) {
  const auto place = places_.find(kernelName(config));
  if (place == places_.end())
    return {};
  Job &job = jobs_[place->second];
  std::unique_lock lock(mutex_);
  if (!job.taken)
    run(job, lock);
  finished_.wait(lock, [&] { return job.done; });
  if (job.exception)
    std::rethrow_exception(job.exception);
  return job.outcome;
}

} // namespace gemmsmith::runtime
