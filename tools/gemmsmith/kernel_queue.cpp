#include "tools/gemmsmith/kernel_queue.h"

#include <utility>

namespace gemmsmith {

KernelQueue::KernelQueue(std::vector<std::string> kernels, Lock lock,
                         std::chrono::milliseconds patience)
    : kernels_(std::make_move_iterator(kernels.begin()), std::make_move_iterator(kernels.end())),
      lock_(std::move(lock)), patience_(patience) {}

std::string KernelQueue::take(std::size_t index) {
  std::string kernel = std::move(kernels_[index]);
  kernels_.erase(kernels_.begin() + static_cast<std::ptrdiff_t>(index));
  refused_since_.reset();
  return kernel;
}

std::optional<std::string> KernelQueue::next() {
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    auto lock = lock_(kernels_[i]);
    if (!lock && lock.error() == KeyLock::Refusal::kTaken)
      continue;
    taken_.emplace(kernels_[i], lock ? std::optional<KeyLock>(std::move(*lock)) : std::nullopt);
    return take(i);
  }
  if (kernels_.empty())
    return std::nullopt;
  const auto now = Clock::now();
  // While this build has work of its own it loses nothing by waiting.
  if (!refused_since_ || (!taken_.empty() && !given_up_))
    refused_since_ = now;
  if (!given_up_ && now - *refused_since_ < patience_)
    return std::nullopt;
  // A holder hangs, and what is left is not waited for any more.
  given_up_ = true;
  taken_.emplace(kernels_.front(), std::nullopt);
  return take(0);
}

void KernelQueue::finish(const std::string &kernel) {
  taken_.erase(kernel);
}

} // namespace gemmsmith
