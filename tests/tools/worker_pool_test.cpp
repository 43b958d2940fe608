#include "compiler/worker_pool.h"
#include "configs/file_descriptor.h"
#include "configs/kernel_name.h"
#include "tests/tools/scripted_worker.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace gemmsmith {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

WorkerPoolOptions poolOptions(int workers = 1) {
  return {.workers = workers,
          .program = SCRIPTED_WORKER,
          .time_limit = milliseconds(30'000),
          .memory_limit_bytes = 0};
}

std::string textOf(const Expected<CompiledKernel> &kernel) {
  if (!kernel)
    return "error: " + kernel.error().str();
  return {reinterpret_cast<const char *>(kernel->code_object.data()), kernel->code_object.size()};
}

std::string run(WorkerPool &pool, Script script) {
  return textOf(pool.compile(scripted(script)).get());
}

pid_t workerPid(WorkerPool &pool) {
  return std::stoi(run(pool, Script::kPid));
}

bool exists(pid_t pid) {
  return std::filesystem::exists("/proc/" + std::to_string(pid));
}

bool eventually(const std::function<bool()> &condition) {
  for (int i = 0; i < 500 && !condition(); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  return condition();
}

// After any failure the pool must go on with a fresh worker.
void expectStillWorks(WorkerPool &pool) {
  EXPECT_EQ(run(pool, Script::kEchoName), kernelName(scripted(Script::kEchoName)));
}

TEST(WorkerPool, AnswersWithWhatTheWorkerMade) {
  WorkerPool pool(poolOptions());
  const auto kernel = pool.compile(scripted(Script::kEchoName)).get();
  EXPECT_EQ(textOf(kernel), kernelName(scripted(Script::kEchoName)));
  EXPECT_EQ(kernel->seconds, 0.25);
}

TEST(WorkerPool, OneWorkerServesManyRequests) {
  WorkerPool pool(poolOptions());
  EXPECT_EQ(workerPid(pool), workerPid(pool));
}

TEST(WorkerPool, WorkersRunSideBySide) {
  WorkerPool pool(poolOptions(3));
  std::vector<std::future<Expected<CompiledKernel>>> futures;
  for (int i = 0; i < 12; ++i)
    futures.push_back(pool.compile(scripted(Script::kSlow)));
  std::set<std::string> pids;
  for (auto &future : futures)
    pids.insert(textOf(future.get()));
  EXPECT_GE(pids.size(), 2u); // a busy machine may not start the third in time
  EXPECT_LE(pids.size(), 3u);
}

TEST(WorkerPool, ErrorsOfTheWorkerArriveAsTheyAreAndCostNoWorker) {
  WorkerPool pool(poolOptions());
  const pid_t pid = workerPid(pool);
  const auto result = pool.compile(scripted(Script::kReportError)).get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kIllegal);
  EXPECT_EQ(result.error().str(), "row 7: too tall");
  EXPECT_EQ(workerPid(pool), pid);
}

TEST(WorkerPool, AbortCostsOneRequestAndShowsTheLastWords) {
  WorkerPool pool(poolOptions());
  EXPECT_THAT(run(pool, Script::kAbort),
              AllOf(HasSubstr("SIGABRT"), HasSubstr("these are my last words"),
                    HasSubstr(kernelName(scripted(Script::kAbort)))));
  expectStillWorks(pool);
}

TEST(WorkerPool, LastWordsAreNotRepeatedForTheNextRequest) {
  WorkerPool pool(poolOptions());
  run(pool, Script::kAbort);
  EXPECT_THAT(run(pool, Script::kSegfault), AllOf(HasSubstr("SIGSEGV"), Not(HasSubstr("words"))));
}

TEST(WorkerPool, ExitWithoutAnswerCostsOneRequest) {
  WorkerPool pool(poolOptions());
  EXPECT_THAT(run(pool, Script::kExit), HasSubstr("exit code 5"));
  expectStillWorks(pool);
}

TEST(WorkerPool, HangEndsAtTheTimeLimit) {
  auto options = poolOptions();
  options.time_limit = milliseconds(200);
  WorkerPool pool(options);
  EXPECT_THAT(run(pool, Script::kHang), HasSubstr("took longer than 0.2 s and was stopped"));
  expectStillWorks(pool);
}

TEST(WorkerPool, StoppedWorkerEndsAtTheTimeLimit) {
  auto options = poolOptions();
  options.time_limit = milliseconds(200);
  WorkerPool pool(options);
  EXPECT_THAT(run(pool, Script::kStop), HasSubstr("took longer than"));
  expectStillWorks(pool);
}

TEST(WorkerPool, MemoryLimitCostsOneRequest) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "memory is not limited under AddressSanitizer";
#endif
  auto options = poolOptions();
  options.memory_limit_bytes = 512u << 20;
  WorkerPool pool(options);
  EXPECT_THAT(run(pool, Script::kExhaustMemory),
              HasSubstr("ran out of memory (its limit is 512 MiB)"));
  expectStillWorks(pool);
}

TEST(WorkerPool, NonsenseCostsOneRequest) {
  WorkerPool pool(poolOptions());
  for (const Script script :
       {Script::kGarbagePrefix, Script::kGarbageHeader, Script::kHalfAnswer, Script::kTwoAnswers}) {
    EXPECT_THAT(run(pool, script), HasSubstr("error: ")) << static_cast<int>(script);
    expectStillWorks(pool);
  }
}

TEST(WorkerPool, WorkerThatClosesItsSocketIsReplaced) {
  WorkerPool pool(poolOptions());
  const pid_t pid = workerPid(pool);
  EXPECT_THAT(run(pool, Script::kCloseSocket), HasSubstr("closed its socket"));
  EXPECT_FALSE(exists(pid));
  expectStillWorks(pool);
}

TEST(WorkerPool, LargeAnswersArriveWhole) {
  WorkerPool pool(poolOptions());
  EXPECT_EQ(run(pool, Script::kLargeAnswer), std::string(32u << 20, 'Z'));
}

TEST(WorkerPool, ChatterOnStandardErrorBlocksNobody) {
  WorkerPool pool(poolOptions());
  EXPECT_NE(workerPid(pool), 0);
  EXPECT_GT(std::stoi(run(pool, Script::kChatter)), 0);
}

TEST(WorkerPool, KillFromOutsideCostsTheRunningRequestOnly) {
  WorkerPool pool(poolOptions());
  const pid_t pid = workerPid(pool);
  auto hanging = pool.compile(scripted(Script::kHang));
  std::this_thread::sleep_for(milliseconds(50));
  ::kill(pid, SIGKILL);
  EXPECT_THAT(textOf(hanging.get()), HasSubstr("was killed by SIGKILL"));
  expectStillWorks(pool);
}

TEST(WorkerPool, DeathWhileIdleCostsNothing) {
  WorkerPool pool(poolOptions());
  const pid_t pid = workerPid(pool);
  ::kill(pid, SIGKILL);
  std::this_thread::sleep_for(milliseconds(50));
  expectStillWorks(pool);
}

TEST(WorkerPool, MissingProgramFailsEveryRequestWithItsName) {
  auto options = poolOptions();
  options.program = "/nowhere/worker";
  WorkerPool pool(options);
  EXPECT_THAT(run(pool, Script::kPid),
              AllOf(HasSubstr("cannot start the compile worker /nowhere/worker"),
                    HasSubstr("No such file")));
}

TEST(WorkerPool, DestructionAnswersEverythingAndLeavesNoProcess) {
  std::vector<std::future<Expected<CompiledKernel>>> futures;
  pid_t pid = 0;
  {
    WorkerPool pool(poolOptions());
    pid = workerPid(pool);
    for (int i = 0; i < 5; ++i)
      futures.push_back(pool.compile(scripted(Script::kHang)));
    std::this_thread::sleep_for(milliseconds(20));
  }
  for (auto &future : futures)
    EXPECT_THAT(textOf(future.get()), HasSubstr("cancelled"));
  EXPECT_FALSE(exists(pid));
}

TEST(WorkerPool, CancelFailsRunningAndLaterRequests) {
  WorkerPool pool(poolOptions());
  auto running = pool.compile(scripted(Script::kHang));
  std::this_thread::sleep_for(milliseconds(20));
  pool.cancel();
  EXPECT_THAT(textOf(running.get()), HasSubstr("cancelled"));
  EXPECT_THAT(run(pool, Script::kPid), HasSubstr("cancelled"));
}

TEST(WorkerPool, AnInterruptEndsRunningRequestsAndStartsNoWorker) {
  const FileDescriptor event(::eventfd(0, EFD_CLOEXEC));
  auto options = poolOptions();
  options.interrupt_fd = event.get();
  WorkerPool pool(options);
  const pid_t pid = workerPid(pool);
  auto running = pool.compile(scripted(Script::kHang));
  std::this_thread::sleep_for(milliseconds(20));
  ::eventfd_write(event.get(), 1);
  EXPECT_THAT(textOf(running.get()), HasSubstr("interrupted"));
  EXPECT_FALSE(exists(pid));
  EXPECT_THAT(run(pool, Script::kPid), HasSubstr("interrupted"));
}

TEST(WorkerPool, KilledParentLeavesNoOrphan) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    WorkerPool pool(poolOptions());
    const pid_t worker = workerPid(pool);
    auto hanging = pool.compile(scripted(Script::kHang));
    [[maybe_unused]] const ssize_t n = ::write(pipe[1], &worker, sizeof worker);
    for (;;)
      ::pause();
  }
  pid_t worker = 0;
  ASSERT_EQ(::read(pipe[0], &worker, sizeof worker), ssize_t(sizeof worker));
  EXPECT_TRUE(exists(worker));
  ::kill(parent, SIGKILL);
  int status = 0;
  ::waitpid(parent, &status, 0);
  // Gone, or a zombie that init has not collected yet.
  EXPECT_TRUE(eventually([&] {
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string pid, name, state;
    return !(stat >> pid >> name >> state) || state == "Z";
  }));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(WorkerPool, ManyThreadsSubmitAtOnce) {
  WorkerPool pool(poolOptions(2));
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        good += run(pool, Script::kEchoName) == kernelName(scripted(Script::kEchoName));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good, 200);
}

} // namespace
} // namespace gemmsmith
