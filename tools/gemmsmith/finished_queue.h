// Finished kernels on their way from a pool's threads to the one that writes files.
//
// Thread-safe. The callbacks that push may outlive the work that pops: they share the queue.
#pragma once

#include "configs/error.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace gemmsmith {

template <typename Result> class FinishedQueue {
public:
  struct Item {
    std::string kernel;
    Expected<Result> result;
  };

  void push(Item item) {
    {
      std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    arrived_.notify_one();
  }

  // The next one, or nothing after a moment: a signal sets a flag but wakes nobody.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::milliseconds(50), [&] { return !items_.empty(); }))
      return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> items_;
};

} // namespace gemmsmith
