#include "runtime/emulator/scheduler.h"

#include "runtime/emulator/decode.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace gemmsmith::emulator {
namespace {

using State = Workgroup::State;

constexpr const char *kNoMemory = "the host has no memory left for the waves";

// What a wave that does not go on is doing.
std::string describe(const Wave &wave, const LaunchContext &context) {
  switch (wave.status) {
  case WaveStatus::kAtBarrier:
    return fmt::format("waits at its barrier number {}, {:+#x} `{}`", wave.barriers,
                       wave.offsetOf(*wave.barrier), text(*wave.barrier));
  case WaveStatus::kSpinning: {
    const Instruction &next = context.code[wave.pc];
    return fmt::format("goes round and round at {:+#x} `{}`", wave.offsetOf(next), text(next));
  }
  case WaveStatus::kEnded:
    return "has ended";
  case WaveStatus::kRunning:
    break;
  }
  return "runs";
}

class Scheduler {
public:
  Scheduler(const LaunchContext &context, const Schedule &schedule)
      : context_(context), schedule_(schedule), stop_(schedule.count) {}

  ScheduleResult run() {
    std::vector<std::thread> helpers;
    helpers.reserve(schedule_.threads);
    for (unsigned t = 1; t < schedule_.threads && startThread(helpers); ++t) {
    }
    work();
    for (std::thread &helper : helpers)
      helper.join();
    return std::move(result_);
  }

private:
  // False if the host has no more threads; those that run will do.
  bool startThread(std::vector<std::thread> &helpers) {
    try {
      helpers.emplace_back([this] { work(); });
      return true;
    } catch (const std::system_error &) {
      return false;
    }
  }

  struct Parked {
    std::unique_ptr<Workgroup> group;
    std::uint64_t progress; // of the launch, as far as the group has seen it
    bool waits;             // false: it would go on
  };

  void work();
  // A workgroup to go on with: one put aside that may go on, or the next one. Null: nothing is
  // left.
  std::unique_ptr<Workgroup> take(std::unique_lock<std::mutex> &lock);
  std::unique_ptr<Workgroup> startNext(std::unique_lock<std::mutex> &lock); // null: no memory
  // `progress` is that of the launch before.
  void execute(std::unique_ptr<Workgroup> group, std::uint64_t progress);
  void finish(std::unique_ptr<Workgroup> group);
  void record(std::uint64_t place, Fault fault);
  void declareDead();

  const LaunchContext &context_;
  const Schedule &schedule_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0, stop_; // places in the launch
  std::uint64_t ended_ = 0;
  std::uint64_t active_ = 0; // groups that threads are running
  bool room_first_ = false;
  std::uint64_t progress_ = 0; // advances when a group has stored something or ended
  std::deque<Parked> parked_;
  std::vector<std::unique_ptr<Workgroup>> free_; // to be used again
  ScheduleResult result_;
};

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (auto group = take(lock)) {
    ++active_;
    std::uint64_t progress = progress_;
    lock.unlock();
    execute(std::move(group), progress);
    lock.lock();
  }
}

std::unique_ptr<Workgroup> Scheduler::take(std::unique_lock<std::mutex> &lock) {
  for (;;) {
    std::erase_if(parked_, [&](const Parked &p) { return p.group->place() >= stop_; });
    bool room = next_ < stop_ && active_ + parked_.size() < schedule_.resident;
    auto ready = std::find_if(parked_.begin(), parked_.end(),
                              [&](const Parked &p) { return !p.waits || p.progress != progress_; });
    // In turn, so that few are resident and yet each gets to what it may wait for.
    room_first_ = !room_first_;
    if (room && (room_first_ || ready == parked_.end())) {
      if (auto group = startNext(lock))
        return group;
      continue;
    }
    if (ready != parked_.end()) {
      auto group = std::move(ready->group);
      parked_.erase(ready);
      return group;
    }
    if (active_ == 0 && !parked_.empty() && context_.memory->sharedWithHost()) {
      // They may wait for the host; the instruction limit ends them if it does not come.
      constexpr std::chrono::milliseconds kPatience(1);
      changed_.wait_for(lock, kPatience);
      ++progress_;
      continue;
    }
    if (active_ == 0) {
      if (!parked_.empty())
        declareDead();
      changed_.notify_all();
      return nullptr;
    }
    changed_.wait(lock);
  }
}

std::unique_ptr<Workgroup> Scheduler::startNext(std::unique_lock<std::mutex> &lock) {
  std::uint64_t place = next_++;
  std::unique_ptr<Workgroup> group;
  if (!free_.empty()) {
    group = std::move(free_.back());
    free_.pop_back();
  }
  ++active_; // others must not take this for the end
  lock.unlock();
  bool out_of_memory = false;
  try {
    if (!group)
      group = std::make_unique<Workgroup>(context_);
    group->start(schedule_.workgroups.empty() ? place : schedule_.workgroups[place], place);
  } catch (const std::bad_alloc &) {
    group.reset();
    out_of_memory = true;
  }
  lock.lock();
  --active_;
  if (out_of_memory) {
    record(place, Fault{ErrorKind::kFailed, kNoMemory});
    changed_.notify_all();
  }
  return group;
}

void Scheduler::execute(std::unique_ptr<Workgroup> group, std::uint64_t progress) {
  std::uint64_t stores = group->stores(), place = group->place();
  std::optional<Fault> fault;
  State state = State::kEnded;
  try {
    state = group->resume();
  } catch (Fault &thrown) {
    fault = std::move(thrown);
  } catch (const std::bad_alloc &) {
    fault = Fault{ErrorKind::kFailed, kNoMemory};
  }
  std::unique_lock lock(mutex_);
  --active_;
  if (fault)
    record(place, std::move(*fault));
  bool alone = progress_ == progress; // else what others stored the group may not have seen
  if (fault || state == State::kEnded || group->stores() != stores)
    ++progress_;
  if (fault || state == State::kEnded)
    finish(std::move(group));
  else
    parked_.push_back({std::move(group), alone ? progress_ : progress, state == State::kWaiting});
  changed_.notify_all();
}

void Scheduler::finish(std::unique_ptr<Workgroup> group) {
  result_.wave_instructions += group->takeExecuted();
  result_.mfma_flops += group->takeMfmaFlops();
  if (++ended_; schedule_.progress)
    schedule_.progress(ended_, schedule_.count);
  free_.push_back(std::move(group));
}

// Workgroups before the fault still run to their ends, so that the first one is always the same.
void Scheduler::record(std::uint64_t place, Fault fault) {
  if (place >= result_.fault_at)
    return;
  result_.fault_at = place;
  result_.fault = std::move(fault);
  stop_ = std::min(stop_, place);
}

void Scheduler::declareDead() {
  if (!result_.fault) {
    constexpr std::size_t kShown = 4;
    std::sort(parked_.begin(), parked_.end(),
              [](const auto &a, const auto &b) { return a.group->place() < b.group->place(); });
    const Workgroup &first = *parked_.front().group;
    std::string account;
    std::size_t shown = 0;
    for (const Parked &p : parked_) {
      if (++shown > kShown) {
        account += fmt::format("\n  and {} workgroups more", parked_.size() - kShown);
        break;
      }
      auto position = p.group->position();
      for (const Wave &wave : std::as_const(*p.group).waves())
        account += fmt::format("\n  workgroup ({}, {}, {}), wave {} {}", position[0], position[1],
                               position[2], wave.index(), describe(wave, context_));
    }
    if (next_ < schedule_.count)
      account += fmt::format("\n  {} workgroups have not started: the chip has room for {}",
                             schedule_.count - next_, schedule_.resident);
    const Wave *stuck = nullptr;
    for (const Wave &wave : first.waves())
      if (!stuck && wave.status != WaveStatus::kEnded)
        stuck = &wave;
    const Instruction &at =
        stuck->status == WaveStatus::kAtBarrier ? *stuck->barrier : context_.code[stuck->pc];
    Finding finding = stuck->findingAt(at, "no wave can go on:" + account);
    finding.check = Check::kDeadlock;
    // The account is in the finding, if there is somebody who collects these.
    result_.fault =
        Fault{ErrorKind::kFailed,
              context_.findings ? "the launch ends here: no wave can go on" : finding.str()};
    if (context_.findings)
      context_.findings->add(first.place(), std::move(finding));
  }
  parked_.clear();
  stop_ = 0;
}

} // namespace

ScheduleResult runWorkgroups(const LaunchContext &context, const Schedule &schedule) {
  return Scheduler(context, schedule).run();
}

} // namespace gemmsmith::emulator
