// An ordinary HIP host program in C++: two streams, events with times, and a graph that is captured
// across both streams and replayed many times. Checks every element after each replay.
#include <hip/hip_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void check(hipError_t status, const char *what) {
  if (status == hipSuccess)
    return;
  std::fprintf(stderr, "%s: %s\n", what, hipGetErrorString(status));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

} // namespace

int main(int argc, char **argv) {
  constexpr int kCount = 777, kReplays = 50;
  constexpr std::size_t kBytes = kCount * sizeof(int);
  if (argc != 2)
    return 2;
  hipModule_t module;
  hipFunction_t twice, offset;
  CHECK(hipModuleLoad(&module, argv[1]));
  CHECK(hipModuleGetFunction(&twice, module, "double_in_place"));
  CHECK(hipModuleGetFunction(&offset, module, "add_offset"));

  int *left, *right, *host;
  CHECK(hipMalloc(reinterpret_cast<void **>(&left), kBytes));
  CHECK(hipMalloc(reinterpret_cast<void **>(&right), kBytes));
  CHECK(hipHostMalloc(reinterpret_cast<void **>(&host), 2 * kBytes, 0));
  hipStream_t first, second;
  hipEvent_t fork, join, begin, end;
  CHECK(hipStreamCreate(&first));
  CHECK(hipStreamCreateWithFlags(&second, hipStreamNonBlocking));
  CHECK(hipEventCreateWithFlags(&fork, hipEventDisableTiming));
  CHECK(hipEventCreateWithFlags(&join, hipEventDisableTiming));
  CHECK(hipEventCreate(&begin));
  CHECK(hipEventCreate(&end));

  auto launch = [&](hipFunction_t kernel, int *values, hipStream_t stream) {
    int n = kCount;
    void *parameters[] = {&values, &n};
    CHECK(hipModuleLaunchKernel(kernel, (kCount + 63) / 64, 1, 1, 64, 1, 1, 0, stream, parameters,
                                nullptr));
  };

  // Both streams copy in, compute and copy out; the second one starts after the first copy.
  CHECK(hipStreamBeginCapture(first, hipStreamCaptureModeGlobal));
  CHECK(hipMemcpyAsync(left, host, kBytes, hipMemcpyHostToDevice, first));
  CHECK(hipEventRecord(fork, first));
  CHECK(hipStreamWaitEvent(second, fork, 0));
  CHECK(hipMemcpyAsync(right, host + kCount, kBytes, hipMemcpyHostToDevice, second));
  launch(twice, left, first);
  launch(offset, right, second);
  CHECK(hipMemcpyAsync(host + kCount, right, kBytes, hipMemcpyDeviceToHost, second));
  CHECK(hipEventRecord(join, second));
  launch(offset, left, first);
  CHECK(hipStreamWaitEvent(first, join, 0));
  CHECK(hipMemcpyAsync(host, left, kBytes, hipMemcpyDeviceToHost, first));
  hipGraph_t graph;
  hipGraphExec_t executable;
  CHECK(hipStreamEndCapture(first, &graph));
  std::size_t nodes = 0;
  CHECK(hipGraphGetNodes(graph, nullptr, &nodes));
  CHECK(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0));
  CHECK(hipGraphDestroy(graph));
  if (nodes != 7)
    return 3;

  std::vector<int> expected(2 * kCount);
  for (int i = 0; i < 2 * kCount; ++i)
    host[i] = expected[i] = i % 13;
  const int offsets[] = {10, 20, 30, 40};
  float total = 0;
  int wrong = 0;
  for (int replay = 0; replay < kReplays; ++replay) {
    CHECK(hipEventRecord(begin, first));
    CHECK(hipGraphLaunch(executable, first));
    CHECK(hipEventRecord(end, first));
    CHECK(hipEventSynchronize(end));
    float milliseconds = 0;
    CHECK(hipEventElapsedTime(&milliseconds, begin, end));
    if (!(milliseconds > 0))
      return 4;
    total += milliseconds;
    for (int i = 0; i < kCount; ++i) {
      expected[i] = static_cast<int>(2u * static_cast<unsigned>(expected[i]) +
                                     static_cast<unsigned>(offsets[i & 3]));
      expected[kCount + i] += offsets[i & 3];
      wrong += host[i] != expected[i];
      wrong += host[kCount + i] != expected[kCount + i];
    }
  }
  std::printf("%d replays of %zu nodes in %.1f ms, %d wrong\n", kReplays, nodes, total, wrong);
  CHECK(hipGraphExecDestroy(executable));
  for (hipEvent_t event : {fork, join, begin, end})
    CHECK(hipEventDestroy(event));
  CHECK(hipStreamDestroy(first));
  CHECK(hipStreamDestroy(second));
  CHECK(hipFree(left));
  CHECK(hipFree(right));
  CHECK(hipHostFree(host));
  CHECK(hipModuleUnload(module));
  return wrong != 0;
}
