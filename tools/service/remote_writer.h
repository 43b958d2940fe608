// Puts what a compile service has compiled into the remote stores, on a thread of its own: who
// waits for a kernel does not wait for them.
//
// Promises: put() does not block; entries are put one after another, in order. At most
// `most_waiting` wait, and what comes beyond that is not put, which is said once. At the end what
// waits is put for as long as `drain_limit`, beside the one that has begun. Thread-safe.
#pragma once

#include "cache/entry.h"
#include "tools/service/service_log.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace gemmsmith {

struct RemoteWriterOptions {
  std::function<void(const Entry &)> put; // which may take its time
  std::size_t most_waiting = 256;
  std::chrono::milliseconds drain_limit{10'000};
};

class RemoteWriter {
public:
  // The log must outlive it.
  RemoteWriter(RemoteWriterOptions options, ServiceLog &log);
  ~RemoteWriter();
  RemoteWriter(const RemoteWriter &) = delete;
  RemoteWriter &operator=(const RemoteWriter &) = delete;

  void put(Entry entry);

private:
  void work();

  const RemoteWriterOptions options_;
  ServiceLog &log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point give_up_; // once it is stopping
  std::thread thread_;
};

} // namespace gemmsmith
