// Who compiles what, for all who ask a compile service.
//
//   request -> the job of its key, a new one unless there is one already
//   job     -> store -> what was compiled before -> (lock of the key -> store again -> compiler ->
//              directory of the store) -> answer to all -> remote stores
//
// Promises: for each key there is one job at a time however many ask, and each waiter gets its
// answer once, unless it has left before. A job goes on when all its waiters have left. A failure
// is answered and forgotten: the next request tries again. What the store has does not wait for
// what is compiled. Does not: write to connections. Thread-safe; answers come on threads of its
// own.
#pragma once

#include "cache/key_lock.h"
#include "cache/store.h"
#include "compiler/compile.h"
#include "compiler/worker_pool.h"
#include "configs/error.h"
#include "runtime/service/service_protocol.h"
#include "tools/service/recent_answers.h"
#include "tools/service/remote_writer.h"
#include "tools/service/service_counters.h"
#include "tools/service/service_log.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace gemmsmith {

using WaiterId = std::uint64_t;
ResponseBytes encodedResponse(ServiceResponse response);

struct BrokerOptions {
  std::string compiler; // KernelCompiler::identity()
  int workers = 1;
  std::size_t max_queue = 4096;          // jobs that nobody works on yet
  std::chrono::milliseconds patience{0}; // with another process that compiles the same kernel
  std::function<std::future<Expected<CompiledKernel>>(const KernelConfig &, const CompileOptions &)>
      compile;
  std::function<Expected<Entry>(const CacheKey &, std::span<const std::byte>)> make_entry;
  std::function<void(const std::vector<WaiterId> &, ResponseBytes, RequestResult)> answer;
};

class Broker {
public:
  // All must outlive the broker.
  Broker(BrokerOptions options, Store &store, ServiceCounters &counters, ServiceLog &log);
  // Whoever still waits gets no answer. The compiler must have been cancelled, or this waits for
  // it. What the remote stores are still to get is put there, within the writer's limit.
  ~Broker();
  Broker(const Broker &) = delete;
  Broker &operator=(const Broker &) = delete;

  // The key of the job that `waiter` waits for now, for leave(). Nothing when the queue is full.
  std::optional<std::string> ask(const CompileRequest &request, WaiterId waiter);
  void leave(const std::string &job, WaiterId waiter);

  std::size_t jobs() const;
  std::size_t queued() const; // of which nobody works on yet

private:
  struct Job {
    std::string name; // its key in jobs_
    CompileRequest request;
    std::vector<WaiterId> waiters;
    std::optional<CacheKey> key; // once it has been looked up
  };
  using Queue = std::deque<std::shared_ptr<Job>>;

  void work(Queue &queue, void (Broker::*step)(const std::shared_ptr<Job> &));
  void lookUp(const std::shared_ptr<Job> &job);
  void make(const std::shared_ptr<Job> &job);
  Expected<CompiledKernel> compile(const Job &job);
  std::optional<KeyLock> lockKey(const CacheKey &key) const;
  void finishHit(Job &job, const StoreHit &hit);
  void finish(Job &job, ServiceResponse response);
  void answerAll(Job &job, const ResponseBytes &bytes, RequestResult result);
  ResponseBytes compiledBefore(const std::string &job);

  BrokerOptions options_;
  Store &store_;
  ServiceCounters &counters_;
  ServiceLog &log_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Job>> jobs_; // all that are unanswered
  RecentAnswers compiled_;
  RemoteWriter remotes_;
  Queue lookups_;
  Queue compiles_;
  std::vector<std::thread> threads_;
};

} // namespace gemmsmith
