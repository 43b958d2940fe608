// A HIP program with its kernels in the same file, as clang compiles it: registration before
// main(), kernel<<<…>>>, a device variable by its symbol.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <hip/hip_runtime_api.h>

#define __device__ __attribute__((device))
#define __global__ __attribute__((global))

// What the compiler makes of <<<…>>> goes through these, which HIP's larger headers declare.
extern "C" hipError_t __hipPushCallConfiguration(dim3 grid, dim3 block, size_t lds,
                                                 hipStream_t stream);
extern "C" hipError_t hipLaunchKernel(const void *function, dim3 grid, dim3 block, void **arguments,
                                      size_t lds, hipStream_t stream);

__device__ int scale = 3;

// Frees when main() and its thread's own objects are gone.
struct LastUser {
  int *values = nullptr;
  ~LastUser() {
    if (hipFree(values) != hipSuccess)
      std::_Exit(3);
  }
} last_user;

template <typename T> __global__ void multiply_add(T *values, T addend, int n) {
  int i = __builtin_amdgcn_workgroup_id_x() * __builtin_amdgcn_workgroup_size_x() +
          __builtin_amdgcn_workitem_id_x();
  if (i < n)
    values[i] = values[i] * scale + addend;
}

#define CHECK(call)                                                                                \
  if (hipError_t status = (call); status != hipSuccess) {                                          \
    std::fprintf(stderr, "%s: %s\n", #call, hipGetErrorString(status));                            \
    return 1;                                                                                      \
  }

int main() {
  constexpr int kCount = 500;
  std::vector<int> host(kCount), result(kCount);
  for (int i = 0; i < kCount; ++i)
    host[i] = i - 200;
  int *values;
  CHECK(hipMalloc(reinterpret_cast<void **>(&values), kCount * sizeof(int)));
  CHECK(hipMemcpy(values, host.data(), kCount * sizeof(int), hipMemcpyHostToDevice));
  int new_scale = 7;
  multiply_add<int><<<dim3((kCount + 127) / 128), dim3(128), 0, nullptr>>>(values, 5, kCount);
  CHECK(hipMemcpyToSymbol(scale, &new_scale, sizeof new_scale, 0, hipMemcpyHostToDevice));
  multiply_add<int><<<dim3((kCount + 127) / 128), dim3(128), 0, nullptr>>>(values, 1, kCount);
  CHECK(hipGetLastError());
  CHECK(hipMemcpy(result.data(), values, kCount * sizeof(int), hipMemcpyDeviceToHost));
  int wrong = 0;
  for (int i = 0; i < kCount; ++i)
    wrong += result[i] != (host[i] * 3 + 5) * 7 + 1;
  int unchecked = 0;
  CHECK(hipMemcpyFromSymbol(&unchecked, scale, sizeof unchecked, 0, hipMemcpyDeviceToHost));
  std::printf("%d of %d wrong, scale %d\n", wrong, kCount, unchecked);
  last_user.values = values;
  return wrong != 0 || unchecked != 7;
}
