#include "tools/service/remote_writer.h"

#include <utility>

namespace gemmsmith {

using std::chrono::steady_clock;

RemoteWriter::RemoteWriter(RemoteWriterOptions options, ServiceLog &log)
    : options_(std::move(options)), log_(log), thread_([this] { work(); }) {}

RemoteWriter::~RemoteWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    give_up_ = steady_clock::now() + options_.drain_limit;
  }
  changed_.notify_all();
  thread_.join();
  if (!waiting_.empty())
    log_.warning("store", {{"message", "the end came before all was put into the remote stores"},
                           {"kernels", waiting_.size()}});
}

void RemoteWriter::put(Entry entry) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < options_.most_waiting) {
      waiting_.push_back(std::move(entry));
      changed_.notify_all();
      return;
    }
  }
  log_.warnOnce("store", "the remote stores are too slow: not all kernels are put into them");
}

void RemoteWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty() || (stopping_ && steady_clock::now() >= give_up_))
      return;
    const Entry entry = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    options_.put(entry);
    lock.lock();
  }
}

} // namespace gemmsmith
