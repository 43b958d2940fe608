// Asynchrony: what has been delivered when, in which order, and what a missing wait looks like.
#include "fixture.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <thread>

namespace {

class HipStreams : public HipRuntime {
protected:
  int *pinned(int n) {
    void *pointer = nullptr;
    EXPECT_HIP(hipHostMalloc(&pointer, static_cast<std::size_t>(n) * 4, 0), hipSuccess);
    return static_cast<int *>(pointer);
  }
};

TEST_F(HipStreams, ReadingBeforeWaitingFindsPoisonInPageableMemory) {
  int *values = upload(counting(100));
  hipStream_t s = stream();
  OK(onValues("double_in_place", values, 100, s));
  std::vector<int> result(100, 1);
  OK(hipMemcpyAsync(result.data(), values, 400, hipMemcpyDeviceToHost, s));
  EXPECT_EQ(result, std::vector<int>(100, kPoison));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(result, twice(counting(100)));
}

TEST_F(HipStreams, ReadingBeforeWaitingFindsPoisonInPinnedMemory) {
  int *values = upload(counting(100)), *result = pinned(100);
  std::fill_n(result, 100, 1);
  hipStream_t s = stream();
  OK(hipMemcpyAsync(result, values, 400, hipMemcpyDeviceToHost, s));
  EXPECT_EQ(std::vector<int>(result, result + 100), std::vector<int>(100, kPoison));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(std::vector<int>(result, result + 100), counting(100));
}

TEST_F(HipStreams, WaitingForAnotherStreamDeliversNothing) {
  int *values = upload(counting(100));
  hipStream_t s = stream(), other = stream();
  hipEvent_t e = event();
  std::vector<int> result(100, 1);
  OK(hipMemcpyAsync(result.data(), values, 400, hipMemcpyDeviceToHost, s));
  OK(hipEventRecord(e, other));
  OK(hipStreamSynchronize(other));
  OK(hipEventSynchronize(e));
  EXPECT_EQ(result, std::vector<int>(100, kPoison));
  OK(hipDeviceSynchronize());
  EXPECT_EQ(result, counting(100));
}

TEST_F(HipStreams, AQueryDeliversOnlyWhenItAnswersReady) {
  int *values = upload(counting(10));
  hipStream_t s = stream();
  hipEvent_t e = event();
  std::vector<int> result(10, 1);
  EXPECT_HIP(hipStreamQuery(s), hipSuccess);
  OK(hipMemcpyAsync(result.data(), values, 40, hipMemcpyDeviceToHost, s));
  OK(hipEventRecord(e, s));
  EXPECT_HIP(hipEventQuery(e), hipErrorNotReady);
  EXPECT_HIP(hipStreamQuery(s), hipErrorNotReady);
  EXPECT_EQ(result, std::vector<int>(10, kPoison));
  EXPECT_HIP(hipEventQuery(e), hipSuccess);
  EXPECT_EQ(result, counting(10));
  EXPECT_HIP(hipStreamQuery(s), hipSuccess);
}

TEST_F(HipStreams, AnEventDeliversWhatCameBeforeItAndNothingElse) {
  int *values = upload(counting(10));
  hipStream_t s = stream();
  hipEvent_t e = event();
  std::vector<int> before(10, 1), after(10, 1);
  OK(hipMemcpyAsync(before.data(), values, 40, hipMemcpyDeviceToHost, s));
  OK(hipEventRecord(e, s));
  OK(hipMemcpyAsync(after.data(), values, 40, hipMemcpyDeviceToHost, s));
  OK(hipEventSynchronize(e));
  EXPECT_EQ(before, counting(10));
  EXPECT_EQ(after, std::vector<int>(10, kPoison));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(after, counting(10));
}

TEST_F(HipStreams, OverwritingAPinnedSourceTooEarlyIsVisible) {
  int *source = pinned(10), *values = allocate<int>(10);
  std::fill_n(source, 10, 1);
  hipStream_t s = stream();
  OK(hipMemcpyAsync(values, source, 40, hipMemcpyHostToDevice, s));
  std::fill_n(source, 10, 2);
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(download(values, 10), std::vector<int>(10, 2));
}

TEST_F(HipStreams, APageableSourceIsTakenAtTheCall) {
  std::vector<int> source(10, 1);
  int *values = allocate<int>(10);
  hipStream_t s = stream();
  OK(hipMemcpyAsync(values, source.data(), 40, hipMemcpyHostToDevice, s));
  source.assign(10, 2);
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(download(values, 10), std::vector<int>(10, 1));
}

// The poison of the second copy must not reach the first one, nor a kernel that reads the memory.
TEST_F(HipStreams, OneBufferServesAsSourceAndDestination) {
  int *host = pinned(50), *values = allocate<int>(50);
  hipStream_t s = stream();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i)
      host[i] = i + round;
    OK(hipMemcpyAsync(values, host, 200, hipMemcpyHostToDevice, s));
    OK(onValues("double_in_place", values, 50, s));
    OK(hipMemcpyAsync(host, values, 200, hipMemcpyDeviceToHost, s));
    OK(hipMemcpyAsync(values, host, 200, hipMemcpyHostToDevice, s));
    OK(onValues("double_in_place", values, 50, s));
    OK(hipMemcpyAsync(host, values, 200, hipMemcpyDeviceToHost, s));
    OK(hipStreamSynchronize(s));
    EXPECT_EQ(std::vector<int>(host, host + 50), twice(twice(counting(50, round))));
  }
  std::copy_n(counting(50).begin(), 50, host);
  OK(onValues("double_in_place", host, 50, s)); // through the host's memory itself
  OK(hipMemcpyAsync(values, host, 200, hipMemcpyHostToDevice, s));
  OK(hipMemcpyAsync(host, values, 200, hipMemcpyDeviceToHost, s));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(std::vector<int>(host, host + 50), twice(counting(50)));
}

TEST_F(HipStreams, ASynchronousCopyWaitsForBlockingStreamsOnly) {
  int *values = upload(counting(64));
  hipStream_t blocking = stream(hipStreamDefault);
  OK(onValues("double_in_place", values, 64, blocking));
  EXPECT_EQ(download(values, 64), twice(counting(64)));
  hipStream_t independent = stream(hipStreamNonBlocking);
  OK(onValues("double_in_place", values, 64, independent));
  EXPECT_EQ(download(values, 64), twice(counting(64)));
  OK(hipStreamSynchronize(independent));
  EXPECT_EQ(download(values, 64), twice(twice(counting(64))));
}

TEST_F(HipStreams, ABlockingStreamWaitsForTheNullStream) {
  int *values = upload(counting(64));
  hipStream_t blocking = stream(hipStreamDefault);
  OK(onValues("double_in_place", values, 64, nullptr));
  OK(onValues("add_offset", values, 64, blocking));
  OK(hipStreamSynchronize(blocking));
  auto expected = twice(counting(64));
  const int offsets[] = {10, 20, 30, 40};
  for (std::size_t i = 0; i < 64; ++i)
    expected[i] += offsets[i & 3];
  std::vector<int> result(64);
  OK(hipMemcpyWithStream(result.data(), values, 256, hipMemcpyDeviceToHost, blocking));
  EXPECT_EQ(result, expected);
}

TEST_F(HipStreams, AMissingWaitBetweenStreamsIsFoundAndAnEventCuresIt) {
  int *values = upload(counting(64)), *copy = allocate<int>(64);
  hipStream_t producer = stream(), consumer = stream();
  hipEvent_t e = event(hipEventDisableTiming);
  auto produceAndConsume = [&](bool wait) {
    EXPECT_HIP(onValues("double_in_place", values, 64, producer), hipSuccess);
    EXPECT_HIP(hipEventRecord(e, producer), hipSuccess);
    if (wait) {
      EXPECT_HIP(hipStreamWaitEvent(consumer, e, 0), hipSuccess);
    }
    EXPECT_HIP(hipMemcpyAsync(copy, values, 256, hipMemcpyDeviceToDevice, consumer), hipSuccess);
    EXPECT_HIP(hipDeviceSynchronize(), hipSuccess);
    return download(copy, 64);
  };
  EXPECT_EQ(produceAndConsume(false), counting(64)); // the old values
  EXPECT_EQ(produceAndConsume(true), twice(twice(counting(64))));
}

TEST_F(HipStreams, EventsMeasureTheTimeBetweenThem) {
  int *values = upload(counting(4096));
  hipStream_t s = stream();
  hipEvent_t begin = event(), end = event(), untimed = event(hipEventDisableTiming);
  float milliseconds = -1;
  EXPECT_HIP(hipEventElapsedTime(&milliseconds, begin, end), hipErrorInvalidHandle);
  OK(hipEventRecord(begin, s));
  OK(onValues("double_in_place", values, 4096, s));
  OK(hipEventRecord(end, s));
  OK(hipEventRecord(untimed, s));
  EXPECT_HIP(hipEventElapsedTime(&milliseconds, begin, end), hipErrorNotReady);
  OK(hipEventSynchronize(end));
  OK(hipEventElapsedTime(&milliseconds, begin, end));
  EXPECT_GT(milliseconds, 0.f);
  EXPECT_LT(milliseconds, 60000.f);
  EXPECT_HIP(hipEventElapsedTime(&milliseconds, begin, untimed), hipErrorInvalidHandle);
  EXPECT_HIP(hipEventElapsedTime(nullptr, begin, end), hipErrorInvalidValue);
}

struct Note {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<int> seen;
  const int *watched = nullptr;

  static void callback(hipStream_t, hipError_t, void *data) { arrive(data); }
  static void arrive(void *data) {
    auto *note = static_cast<Note *>(data);
    std::lock_guard lock(note->mutex);
    note->seen.push_back(*note->watched);
    note->arrived.notify_all();
  }
  bool waitFor(std::size_t count) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, std::chrono::seconds(30), [&] { return seen.size() >= count; });
  }
};

TEST_F(HipStreams, HostFunctionsRunInOrderWithoutAnyoneCallingHip) {
  auto launch = reinterpret_cast<hipError_t (*)(hipStream_t, hipHostFn_t, void *)>(
      dlsym(RTLD_DEFAULT, "hipLaunchHostFunc"));
  ASSERT_NE(launch, nullptr);
  int *values = upload(counting(1, 21)), *host = pinned(1);
  hipStream_t s = stream();
  Note note;
  note.watched = host;
  OK(onValues("double_in_place", values, 1, s));
  OK(hipMemcpyAsync(host, values, 4, hipMemcpyDeviceToHost, s));
  OK(launch(s, Note::arrive, &note));
  ASSERT_TRUE(note.waitFor(1));
  OK(onValues("double_in_place", values, 1, s));
  OK(hipMemcpyAsync(host, values, 4, hipMemcpyDeviceToHost, s));
  OK(hipStreamAddCallback(s, Note::callback, &note, 0));
  ASSERT_TRUE(note.waitFor(2));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(note.seen, (std::vector<int>{42, 84}));
  EXPECT_HIP(launch(s, nullptr, nullptr), hipErrorInvalidValue);
}

TEST_F(HipStreams, AHostFunctionMayHoldItsStreamWhileOthersGoOn) {
  auto launch = reinterpret_cast<hipError_t (*)(hipStream_t, hipHostFn_t, void *)>(
      dlsym(RTLD_DEFAULT, "hipLaunchHostFunc"));
  ASSERT_NE(launch, nullptr);
  std::atomic<bool> release{false};
  hipStream_t held = stream(), free_stream = stream();
  int *values = upload(counting(64));
  OK(launch(
      held,
      [](void *data) {
        while (!static_cast<std::atomic<bool> *>(data)->load())
          std::this_thread::yield();
        (void)hipStreamSynchronize(nullptr); // not from a host function
      },
      &release));
  OK(onValues("double_in_place", values, 64, held));
  std::vector<int> result(64);
  OK(hipMemcpyAsync(result.data(), values, 256, hipMemcpyDeviceToHost, free_stream));
  OK(hipStreamSynchronize(free_stream));
  EXPECT_EQ(result, counting(64));
  release = true;
  OK(hipStreamSynchronize(held));
  EXPECT_EQ(download(values, 64), twice(counting(64)));
}

TEST_F(HipStreams, HandlesThatAreGoneOrInventedAreErrors) {
  hipStream_t s = stream();
  hipEvent_t e = event();
  OK(hipEventRecord(e, s));
  OK(hipStreamDestroy(s));
  OK(hipEventSynchronize(e)); // carried out when the stream went
  EXPECT_HIP(hipStreamDestroy(s), hipErrorInvalidHandle);
  EXPECT_HIP(hipStreamSynchronize(s), hipErrorInvalidHandle);
  EXPECT_HIP(hipEventRecord(e, s), hipErrorInvalidHandle);
  OK(hipEventDestroy(e));
  EXPECT_HIP(hipEventDestroy(e), hipErrorInvalidHandle);
  EXPECT_HIP(hipEventQuery(e), hipErrorInvalidHandle);
  EXPECT_HIP(hipStreamWaitEvent(nullptr, e, 0), hipErrorInvalidHandle);
  auto invented = reinterpret_cast<hipStream_t>(std::uintptr_t{0x5678});
  EXPECT_HIP(hipStreamQuery(invented), hipErrorInvalidHandle);
  EXPECT_HIP(hipStreamDestroy(nullptr), hipErrorInvalidHandle);
  hipStream_t none = nullptr;
  EXPECT_HIP(hipStreamCreateWithFlags(&none, 8), hipErrorInvalidValue);
  EXPECT_HIP(hipStreamCreate(nullptr), hipErrorInvalidValue);
}

TEST_F(HipStreams, AResetDropsWhatIsPending) {
  int *values = upload(counting(64));
  hipStream_t s = stream();
  hipEvent_t e = event();
  std::vector<int> result(64, 1);
  OK(hipMemcpyAsync(result.data(), values, 256, hipMemcpyDeviceToHost, s));
  OK(hipEventRecord(e, s));
  OK(hipDeviceReset());
  OK(hipEventSynchronize(e));
  EXPECT_EQ(result, std::vector<int>(64, kPoison));
  EXPECT_HIP(hipStreamSynchronize(s), hipErrorInvalidHandle);
  EXPECT_HIP(hipFree(values), hipErrorInvalidValue);
}

TEST_F(HipStreams, StreamsTellTheirFlagsPriorityAndDevice) {
  int least = 0, greatest = 0, priority = 5;
  unsigned flags = 9;
  OK(hipDeviceGetStreamPriorityRange(&least, &greatest));
  EXPECT_LT(greatest, least);
  hipStream_t s = nullptr;
  OK(hipStreamCreateWithPriority(&s, hipStreamNonBlocking, greatest - 5));
  OK(hipStreamGetPriority(s, &priority));
  EXPECT_EQ(priority, greatest);
  OK(hipStreamGetFlags(s, &flags));
  EXPECT_EQ(flags, static_cast<unsigned>(hipStreamNonBlocking));
  EXPECT_EQ(hipGetStreamDeviceId(s), 0);
}

TEST_F(HipStreams, EachThreadHasAStreamOfItsOwn) {
  int *values = upload(counting(8));
  std::vector<int> mine(8, 1), theirs(8, 1);
  OK(hipMemcpyAsync(mine.data(), values, 32, hipMemcpyDeviceToHost, hipStreamPerThread));
  std::thread([&] {
    EXPECT_HIP(hipMemcpyAsync(theirs.data(), values, 32, hipMemcpyDeviceToHost, hipStreamPerThread),
               hipSuccess);
    EXPECT_HIP(hipStreamSynchronize(hipStreamPerThread), hipSuccess);
  }).join();
  EXPECT_EQ(theirs, counting(8));
  EXPECT_EQ(mine, std::vector<int>(8, kPoison));
  OK(hipDeviceSynchronize());
  EXPECT_EQ(mine, counting(8));
}

} // namespace
