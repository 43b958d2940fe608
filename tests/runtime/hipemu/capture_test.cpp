// Stream capture and graphs: what is recorded, what is refused, and what a launch does.
#include "fixture.h"

#include <algorithm>
#include <thread>

namespace {

class HipCapture : public HipRuntime {
protected:
  hipStreamCaptureStatus status(hipStream_t s) {
    hipStreamCaptureStatus value = hipStreamCaptureStatusInvalidated;
    EXPECT_HIP(hipStreamIsCapturing(s, &value), hipSuccess);
    return value;
  }
  // The capture is invalid; ending it says so and leaves the stream usable.
  void expectInvalid(hipStream_t s) {
    EXPECT_EQ(status(s), hipStreamCaptureStatusInvalidated);
    hipGraph_t graph = reinterpret_cast<hipGraph_t>(this);
    EXPECT_HIP(hipStreamEndCapture(s, &graph), hipErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
    EXPECT_EQ(status(s), hipStreamCaptureStatusNone);
    EXPECT_HIP(hipStreamSynchronize(s), hipSuccess);
  }
  std::size_t count(hipGraph_t graph) {
    std::size_t nodes = 0;
    EXPECT_HIP(hipGraphGetNodes(graph, nullptr, &nodes), hipSuccess);
    return nodes;
  }
};

TEST_F(HipCapture, NothingRunsUntilTheGraphIsLaunched) {
  int *values = upload(counting(64));
  hipStream_t s = stream();
  OK(hipStreamBeginCapture(s, hipStreamCaptureModeGlobal));
  EXPECT_EQ(status(s), hipStreamCaptureStatusActive);
  OK(onValues("double_in_place", values, 64, s));
  OK(onValues("double_in_place", values, 64, s));
  hipGraph_t graph = nullptr;
  OK(hipStreamEndCapture(s, &graph));
  EXPECT_EQ(download(values, 64), counting(64));
  EXPECT_EQ(count(graph), 2u);
  hipGraphExec_t executable = nullptr;
  OK(hipGraphInstantiateWithFlags(&executable, graph, 0));
  OK(hipGraphDestroy(graph));
  auto expected = counting(64);
  for (int n = 0; n < 5; ++n) {
    OK(hipGraphLaunch(executable, s));
    expected = twice(twice(expected));
  }
  EXPECT_EQ(download(values, 64), counting(64)); // launched, not waited for
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(download(values, 64), expected);
  OK(hipGraphExecDestroy(executable));
  EXPECT_HIP(hipGraphExecDestroy(executable), hipErrorInvalidValue);
  EXPECT_HIP(hipGraphLaunch(executable, s), hipErrorInvalidHandle);
  EXPECT_HIP(hipGraphDestroy(graph), hipErrorInvalidValue);
}

TEST_F(HipCapture, ForkAndJoinThroughEventsBecomeDependencies) {
  int *values = upload(counting(64));
  hipStream_t a = stream(), b = stream();
  hipEvent_t fork = event(), join = event();
  OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
  OK(hipMemsetAsync(values, 0, 256, a));
  OK(hipEventRecord(fork, a));
  OK(hipStreamWaitEvent(b, fork, 0));
  EXPECT_EQ(status(b), hipStreamCaptureStatusActive);
  unsigned long long id_a = 0, id_b = 1;
  hipStreamCaptureStatus s;
  OK(hipStreamGetCaptureInfo(a, &s, &id_a));
  OK(hipStreamGetCaptureInfo(b, &s, &id_b));
  EXPECT_EQ(id_a, id_b);
  OK(onValues("add_offset", values, 64, b));
  OK(hipEventRecord(join, b));
  OK(hipStreamWaitEvent(a, join, 0));
  hipGraph_t graph = nullptr, seen = nullptr;
  const hipGraphNode_t *after = nullptr;
  std::size_t dependencies = 0;
  OK(hipStreamGetCaptureInfo_v2(a, &s, &id_a, &seen, &after, &dependencies));
  EXPECT_EQ(dependencies, 2u); // the fill, and the kernel of the other stream
  OK(onValues("double_in_place", values, 64, a));
  OK(hipStreamEndCapture(a, &graph));
  EXPECT_EQ(graph, seen);
  EXPECT_EQ(status(b), hipStreamCaptureStatusNone);
  hipGraphNode_t nodes[5];
  std::size_t n = 5;
  OK(hipGraphGetNodes(graph, nodes, &n));
  ASSERT_EQ(n, 3u);
  EXPECT_EQ(nodes[3], nullptr);
  std::size_t roots = 0;
  OK(hipGraphGetRootNodes(graph, nullptr, &roots));
  EXPECT_EQ(roots, 1u);
  hipGraphNodeType types[3];
  for (std::size_t i = 0; i < 3; ++i)
    OK(hipGraphNodeGetType(nodes[i], &types[i]));
  EXPECT_EQ(static_cast<int>(types[0]), 2); // HIP 6: memset
  EXPECT_EQ(static_cast<int>(types[1]), 0); // kernel
  EXPECT_EQ(static_cast<int>(types[2]), 0);
  hipGraphExec_t executable = nullptr;
  OK(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0));
  OK(hipGraphLaunch(executable, nullptr));
  OK(hipDeviceSynchronize());
  std::vector<int> expected(64);
  for (int i = 0; i < 64; ++i)
    expected[static_cast<std::size_t>(i)] = 2 * (10 + 10 * (i & 3));
  EXPECT_EQ(download(values, 64), expected);
}

TEST_F(HipCapture, AMissingDependencyWithinAGraphShows) {
  int *values = upload(counting(64)), *copy = allocate<int>(64);
  hipStream_t a = stream(), b = stream();
  hipEvent_t fork = event(), join = event();
  OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
  OK(hipEventRecord(fork, a));
  OK(hipStreamWaitEvent(b, fork, 0));
  OK(onValues("double_in_place", values, 64, a)); // nothing orders the copy after it
  OK(hipMemcpyAsync(copy, values, 256, hipMemcpyDeviceToDevice, b));
  OK(hipEventRecord(join, b));
  OK(hipStreamWaitEvent(a, join, 0));
  hipGraph_t graph = nullptr;
  OK(hipStreamEndCapture(a, &graph));
  hipGraphExec_t executable = nullptr;
  OK(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0));
  OK(hipGraphLaunch(executable, a));
  OK(hipStreamSynchronize(a));
  EXPECT_EQ(download(copy, 64), counting(64));
}

TEST_F(HipCapture, WaitingAskingAndAllocatingAreRefusedAndInvalidate) {
  int *values = upload(counting(64));
  hipStream_t s = stream();
  hipEvent_t e = event();
  std::vector<int> host(64);
  void *pointer = nullptr;
  auto refused = [&](auto call, hipError_t code) {
    OK(hipStreamBeginCapture(s, hipStreamCaptureModeGlobal));
    OK(onValues("double_in_place", values, 64, s));
    EXPECT_HIP(call(), code);
    EXPECT_HIP(onValues("double_in_place", values, 64, s), hipErrorStreamCaptureInvalidated);
    expectInvalid(s);
  };
  refused([&] { return hipStreamSynchronize(s); }, hipErrorStreamCaptureUnsupported);
  refused([&] { return hipStreamQuery(s); }, hipErrorStreamCaptureUnsupported);
  refused([&] { return hipDeviceSynchronize(); }, hipErrorStreamCaptureUnsupported);
  refused([&] { return hipMalloc(&pointer, 4); }, hipErrorStreamCaptureUnsupported);
  refused([&] { return hipFree(values); }, hipErrorStreamCaptureUnsupported);
  refused([&] { return hipMemcpy(host.data(), values, 256, hipMemcpyDeviceToHost); },
          hipErrorStreamCaptureUnsupported);
  refused(
      [&] {
        EXPECT_HIP(hipEventRecord(e, s), hipSuccess);
        return hipEventQuery(e);
      },
      hipErrorCapturedEvent);
  EXPECT_EQ(download(values, 64), counting(64));
}

TEST_F(HipCapture, RelaxedCaptureAllowsWhatDoesNotTouchTheStream) {
  hipStream_t s = stream();
  void *pointer = nullptr;
  OK(hipStreamBeginCapture(s, hipStreamCaptureModeRelaxed));
  OK(hipMalloc(&pointer, 16));
  OK(hipMemset(pointer, 0, 16));
  EXPECT_EQ(status(s), hipStreamCaptureStatusActive);
  hipGraph_t graph = nullptr;
  OK(hipStreamEndCapture(s, &graph));
  EXPECT_EQ(count(graph), 0u);
}

TEST_F(HipCapture, ThreadLocalCaptureLeavesOtherThreadsAlone) {
  hipStream_t s = stream();
  auto allocateElsewhere = [] {
    int status = -1;
    std::thread([&] {
      void *pointer = nullptr;
      status = hipMalloc(&pointer, 16);
      (void)hipFree(pointer);
    }).join();
    return status;
  };
  OK(hipStreamBeginCapture(s, hipStreamCaptureModeThreadLocal));
  EXPECT_EQ(allocateElsewhere(), hipSuccess);
  EXPECT_EQ(status(s), hipStreamCaptureStatusActive);
  int ended = -1;
  std::thread([&] {
    hipGraph_t graph = nullptr;
    ended = hipStreamEndCapture(s, &graph);
  }).join();
  EXPECT_EQ(ended, hipErrorStreamCaptureWrongThread);
  hipGraph_t graph = nullptr;
  OK(hipStreamEndCapture(s, &graph));
  OK(hipStreamBeginCapture(s, hipStreamCaptureModeGlobal));
  EXPECT_EQ(allocateElsewhere(), hipErrorStreamCaptureUnsupported);
  expectInvalid(s);
  OK(hipStreamBeginCapture(s, hipStreamCaptureModeGlobal));
  hipStreamCaptureMode mode = hipStreamCaptureModeRelaxed;
  OK(hipThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(mode, hipStreamCaptureModeGlobal);
  void *pointer = nullptr;
  OK(hipMalloc(&pointer, 16));
  OK(hipThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(status(s), hipStreamCaptureStatusActive);
  OK(hipStreamEndCapture(s, &graph));
}

TEST_F(HipCapture, TheLegacyStreamMustStayOutOfIt) {
  int *values = upload(counting(64));
  hipStream_t blocking = stream(hipStreamDefault);
  EXPECT_HIP(hipStreamBeginCapture(nullptr, hipStreamCaptureModeGlobal),
             hipErrorStreamCaptureUnsupported);
  OK(hipStreamBeginCapture(blocking, hipStreamCaptureModeRelaxed));
  EXPECT_HIP(onValues("double_in_place", values, 64, nullptr), hipErrorStreamCaptureImplicit);
  expectInvalid(blocking);
}

TEST_F(HipCapture, BadEndsAreNamed) {
  hipStream_t a = stream(), b = stream();
  hipEvent_t e = event(), outside = event();
  hipGraph_t graph = nullptr;
  int *values = upload(counting(64));
  EXPECT_HIP(hipStreamEndCapture(a, &graph), hipErrorIllegalState);
  OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
  EXPECT_HIP(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal), hipErrorIllegalState);
  OK(hipEventRecord(e, a));
  OK(hipStreamWaitEvent(b, e, 0));
  OK(onValues("double_in_place", values, 64, b));
  EXPECT_HIP(hipStreamEndCapture(a, &graph), hipErrorStreamCaptureUnjoined);
  EXPECT_EQ(status(b), hipStreamCaptureStatusNone);

  OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
  OK(hipEventRecord(e, a));
  OK(hipStreamWaitEvent(b, e, 0));
  EXPECT_HIP(hipStreamEndCapture(b, &graph), hipErrorStreamCaptureUnmatched);
  expectInvalid(a);

  // An event with work that was not captured, and one of another capture.
  hipStream_t c = stream();
  OK(onValues("double_in_place", values, 64, c));
  OK(hipEventRecord(outside, c));
  OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
  EXPECT_HIP(hipStreamWaitEvent(a, outside, 0), hipErrorStreamCaptureIsolation);
  expectInvalid(a);
  OK(hipStreamBeginCapture(a, hipStreamCaptureModeRelaxed));
  OK(hipStreamBeginCapture(b, hipStreamCaptureModeRelaxed));
  OK(hipEventRecord(e, b));
  EXPECT_HIP(hipStreamWaitEvent(a, e, 0), hipErrorStreamCaptureMerge);
  expectInvalid(a);
  expectInvalid(b);
  EXPECT_EQ(download(values, 64), counting(64)); // of c, nothing was waited for
}

TEST_F(HipCapture, GraphsAreBuiltNodeByNode) {
  int *values = allocate<int>(64), n = 64;
  std::vector<int> host(64);
  hipGraph_t graph = nullptr;
  OK(hipGraphCreate(&graph, 0));
  hipGraphNode_t fill, launch, copy, host_node, empty;
  hipMemsetParams set{};
  set.dst = values;
  set.elementSize = 4;
  set.height = 1;
  set.width = 64;
  set.value = 11;
  OK(hipGraphAddMemsetNode(&fill, graph, nullptr, 0, &set));
  void *parameters[] = {&values, &n};
  hipKernelNodeParams k{};
  k.func = kernel("double_in_place");
  k.gridDim.x = k.gridDim.y = k.gridDim.z = 1;
  k.blockDim.x = 64;
  k.blockDim.y = k.blockDim.z = 1;
  k.kernelParams = parameters;
  OK(hipGraphAddKernelNode(&launch, graph, &fill, 1, &k));
  OK(hipGraphAddMemcpyNode1D(&copy, graph, nullptr, 0, host.data(), values, 256,
                             hipMemcpyDeviceToHost));
  OK(hipGraphAddEmptyNode(&empty, graph, nullptr, 0));
  int sum = 0;
  struct Sum {
    std::vector<int> *values;
    int *out;
  } data{&host, &sum};
  hipHostNodeParams h{[](void *p) {
                        auto *s = static_cast<Sum *>(p);
                        for (int v : *s->values)
                          *s->out += v;
                      },
                      &data};
  OK(hipGraphAddHostNode(&host_node, graph, &copy, 1, &h));
  OK(hipGraphAddDependencies(graph, &launch, &copy, 1));
  hipGraphExec_t executable = nullptr;
  OK(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0));
  hipStream_t s = stream();
  OK(hipGraphLaunch(executable, s));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(host, std::vector<int>(64, 22));
  EXPECT_EQ(sum, 64 * 22);
  OK(hipGraphAddDependencies(graph, &host_node, &fill, 1)); // a cycle
  EXPECT_HIP(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0), hipErrorInvalidValue);
  EXPECT_HIP(hipGraphAddEmptyNode(&empty, reinterpret_cast<hipGraph_t>(&sum), nullptr, 0),
             hipErrorInvalidValue);
  auto invented = reinterpret_cast<hipGraphNode_t>(&sum);
  EXPECT_HIP(hipGraphAddEmptyNode(&empty, graph, &invented, 1), hipErrorInvalidValue);
}

} // namespace
