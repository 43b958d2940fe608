#include "tools/service/broker.h"

#include "configs/kernel_name.h"

#include <fmt/format.h>
#include <utility>
#include <variant>

namespace gemmsmith {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Threads that look into the store: a disk that is slow for one kernel should not be for the next.
constexpr int kLookupThreads = 2;

// Thousands of kernels, which take some ten kilobytes each.
constexpr std::size_t kRememberedBytes = 64 << 20;

// One place that knows where the store's places are in the protocol.
ServiceOrigin originOf(StoreTier tier) {
  switch (tier) {
  case StoreTier::kBundle:
    return ServiceOrigin::kBundle;
  case StoreTier::kDisk:
    return ServiceOrigin::kDisk;
  case StoreTier::kRemote:
    return ServiceOrigin::kRemote;
  }
  return ServiceOrigin::kDisk;
}

ServiceResponse entryResponse(const Entry &entry, ServiceOrigin origin,
                              std::chrono::nanoseconds compile_time) {
  auto bytes = encodeEntry(entry);
  if (!bytes)
    return bytes.error();
  return EntryResponse{.entry = std::move(*bytes), .origin = origin, .compile_time = compile_time};
}

RequestResult resultOf(const ServiceResponse &response) {
  return std::holds_alternative<EntryResponse>(response) ? RequestResult::kEntry
                                                         : RequestResult::kError;
}

} // namespace

ResponseBytes encodedResponse(ServiceResponse response) {
  auto bytes = encodeMessage(encodeResponse(std::move(response)), kResponseLimits);
  if (!bytes)
    bytes = encodeMessage(encodeResponse(bytes.error()), kResponseLimits);
  return std::make_shared<const std::vector<std::byte>>(std::move(bytes).value());
}

Broker::Broker(BrokerOptions options, Store &store, ServiceCounters &counters, ServiceLog &log)
    : options_(std::move(options)), store_(store), counters_(counters), log_(log),
      compiled_(kRememberedBytes),
      remotes_({.put = [&store](const Entry &entry) { store.putOnRemotes(entry); }}, log) {
  for (int i = 0; i < kLookupThreads; ++i)
    threads_.emplace_back([this] { work(lookups_, &Broker::lookUp); });
  // More than workers: those that wait for another process's lock, or for the disk, leave none
  // idle.
  for (int i = 0; i < 2 * options_.workers; ++i)
    threads_.emplace_back([this] { work(compiles_, &Broker::make); });
}

Broker::~Broker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread &thread : threads_)
    thread.join();
}

std::optional<std::string> Broker::ask(const CompileRequest &request, WaiterId waiter) {
  std::string name = fmt::format("{}\n{}\n{}", kernelName(request.config), request.target_id,
                                 request.allow_spills);
  const std::lock_guard lock(mutex_);
  if (const auto known = jobs_.find(name); known != jobs_.end()) {
    known->second->waiters.push_back(waiter);
    return name;
  }
  if (lookups_.size() + compiles_.size() >= options_.max_queue)
    return std::nullopt;
  auto job = std::make_shared<Job>(
      Job{.name = name, .request = request, .waiters = {waiter}, .key = std::nullopt});
  jobs_.emplace(name, job);
  lookups_.push_back(std::move(job));
  changed_.notify_all();
  return name;
}

void Broker::leave(const std::string &job, WaiterId waiter) {
  const std::lock_guard lock(mutex_);
  if (const auto known = jobs_.find(job); known != jobs_.end())
    std::erase(known->second->waiters, waiter);
}

std::size_t Broker::jobs() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::size_t Broker::queued() const {
  const std::lock_guard lock(mutex_);
  return lookups_.size() + compiles_.size();
}

void Broker::work(Queue &queue, void (Broker::*step)(const std::shared_ptr<Job> &)) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !queue.empty(); });
    if (stopping_)
      return;
    const std::shared_ptr<Job> job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    (this->*step)(job);
    lock.lock();
  }
}

void Broker::lookUp(const std::shared_ptr<Job> &job) {
  const CompileRequest &request = job->request;
  auto key = CacheKey::make({.compiler = options_.compiler,
                             .target_id = request.target_id,
                             .config = request.config,
                             .allow_spills = request.allow_spills});
  if (!key)
    return finish(*job, Error{ErrorKind::kIllegal,
                              fmt::format("cannot be compiled for target '{}'", request.target_id),
                              kernelName(request.config)});
  job->key = std::move(*key);
  auto hit = store_.get(*job->key);
  if (!hit)
    return finish(*job, hit.error());
  if (*hit)
    return finishHit(*job, **hit);
  if (const ResponseBytes before = compiledBefore(job->name)) {
    ++counters_.remembered;
    return answerAll(*job, before, RequestResult::kEntry);
  }
  const std::lock_guard lock(mutex_);
  compiles_.push_back(job);
  changed_.notify_all();
}

ResponseBytes Broker::compiledBefore(const std::string &job) {
  const std::lock_guard lock(mutex_);
  return compiled_.find(job);
}

// In slices, so that another process's compile does not keep this one from ending.
std::optional<KeyLock> Broker::lockKey(const CacheKey &key) const {
  constexpr milliseconds kSlice(200);
  const auto end = steady_clock::now() + options_.patience;
  for (;;) {
    const auto begin = steady_clock::now();
    auto lock = KeyLock::acquire(store_.lockDirectory(), key.hash(), kSlice);
    // It comes back early without a lock where there can be none.
    const bool impossible = !lock && steady_clock::now() - begin < kSlice;
    if (lock || impossible || stopping_ || steady_clock::now() >= end)
      return lock;
  }
}

void Broker::make(const std::shared_ptr<Job> &job) {
  std::optional<KeyLock> lock = lockKey(*job->key);
  auto hit = store_.get(*job->key);
  if (!hit)
    return finish(*job, hit.error());
  if (*hit)
    return finishHit(*job, **hit);
  const auto compiled = compile(*job);
  if (!compiled)
    return finish(*job, compiled.error());
  auto entry = options_.make_entry(*job->key, compiled->code_object);
  if (!entry) {
    ++counters_.compile_failures;
    return finish(*job, entry.error());
  }
  store_.putOnDisk(*entry);
  lock.reset();
  counters_.count(ServiceOrigin::kCompiled);
  counters_.compile_times.add(compiled->seconds);
  const auto time = std::chrono::duration<double>(compiled->seconds);
  ServiceResponse response = entryResponse(
      *entry, ServiceOrigin::kCompiled, std::chrono::duration_cast<std::chrono::nanoseconds>(time));
  const RequestResult result = resultOf(response);
  const ResponseBytes bytes = encodedResponse(std::move(response));
  if (result == RequestResult::kEntry) {
    const std::lock_guard guard(mutex_);
    compiled_.put(job->name, bytes);
  }
  answerAll(*job, bytes, result);
  remotes_.put(std::move(*entry));
}

Expected<CompiledKernel> Broker::compile(const Job &job) {
  const std::string kernel = kernelName(job.request.config);
  auto compiled =
      options_.compile(job.request.config, {.allow_spills = job.request.allow_spills}).get();
  if (!compiled) {
    ++counters_.compile_failures;
    log_.warning("compile_failed", {{"kernel", kernel}, {"message", compiled.error().str()}});
    return compiled;
  }
  ServiceLog::Fields fields{{"kernel", kernel},
                            {"target", job.request.target_id},
                            {"seconds", compiled->seconds},
                            {"bytes", compiled->code_object.size()}};
  if (!compiled->log.empty())
    fields["compiler_says"] = compiled->log;
  log_.info("compiled", fields);
  return compiled;
}

void Broker::finishHit(Job &job, const StoreHit &hit) {
  const ServiceOrigin origin = originOf(hit.tier);
  counters_.count(origin);
  finish(job, entryResponse(hit.entry, origin, std::chrono::nanoseconds(0)));
}

void Broker::finish(Job &job, ServiceResponse response) {
  const RequestResult result = resultOf(response);
  answerAll(job, encodedResponse(std::move(response)), result);
}

void Broker::answerAll(Job &job, const ResponseBytes &bytes, RequestResult result) {
  std::vector<WaiterId> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters.swap(job.waiters);
    jobs_.erase(job.name);
  }
  options_.answer(waiters, bytes, result);
}

} // namespace gemmsmith
