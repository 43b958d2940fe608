/* An ordinary HIP host program in C: loads a module from a file, launches a kernel with its
   arguments in one buffer ("extra"), and checks every element. */
#include <hip/hip_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    hipError_t status = (call);                                                                    \
    if (status != hipSuccess) {                                                                    \
      fprintf(stderr, "%s: %s (%s)\n", #call, hipGetErrorName(status), hipGetErrorString(status)); \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

int main(int argc, char **argv) {
  enum { n = 1000, block = 256 };
  int devices = 0, i, wrong = 0;
  hipDeviceProp_t properties;
  hipDevice_t device;
  hipCtx_t context;
  hipModule_t module;
  hipFunction_t kernel;
  hipDeviceptr_t a, b, c;
  hipPointerAttribute_t attributes;
  static float host_a[n], host_b[n], host_c[n];
  struct {
    void *c;
    const void *a, *b;
    int n;
  } arguments;
  size_t bytes = sizeof arguments;
  void *extra[] = {HIP_LAUNCH_PARAM_BUFFER_POINTER, &arguments, HIP_LAUNCH_PARAM_BUFFER_SIZE,
                   &bytes, HIP_LAUNCH_PARAM_END};
  if (argc != 2)
    return 2;

  CHECK(hipInit(0));
  CHECK(hipGetDeviceCount(&devices));
  CHECK(hipDeviceGet(&device, 0));
  CHECK(hipCtxCreate(&context, 0, device));
  CHECK(hipGetDeviceProperties(&properties, 0));
  printf("%d device(s), %s, %s, %d compute units, %zu bytes\n", devices, properties.name,
         properties.gcnArchName, properties.multiProcessorCount, properties.totalGlobalMem);
  if (strcmp(properties.name, "AMD Instinct MI355X") ||
      strncmp(properties.gcnArchName, "gfx950", 6) || properties.warpSize != 64)
    return 3;

  CHECK(hipModuleLoad(&module, argv[1]));
  CHECK(hipModuleGetFunction(&kernel, module, "add"));
  for (i = 0; i < n; ++i) {
    host_a[i] = (float)i;
    host_b[i] = 0.5f * (float)(n - i);
  }
  CHECK(hipMalloc(&a, sizeof host_a));
  CHECK(hipMalloc(&b, sizeof host_b));
  CHECK(hipMalloc(&c, sizeof host_c));
  CHECK(hipPointerGetAttributes(&attributes, a));
  if (attributes.memoryType != hipMemoryTypeDevice || attributes.devicePointer != a)
    return 4;
  CHECK(hipMemcpyHtoD(a, host_a, sizeof host_a));
  CHECK(hipMemcpyHtoD(b, host_b, sizeof host_b));
  arguments.c = c;
  arguments.a = a;
  arguments.b = b;
  arguments.n = n;
  CHECK(hipModuleLaunchKernel(kernel, (n + block - 1) / block, 1, 1, block, 1, 1, 0, NULL, NULL,
                              extra));
  CHECK(hipMemcpyDtoH(host_c, c, sizeof host_c));
  for (i = 0; i < n; ++i)
    wrong += host_c[i] != host_a[i] + host_b[i];
  printf("%d of %d wrong\n", wrong, n);
  CHECK(hipFree(a));
  CHECK(hipFree(b));
  CHECK(hipFree(c));
  CHECK(hipModuleUnload(module));
  CHECK(hipCtxDestroy(context));
  return wrong != 0;
}
