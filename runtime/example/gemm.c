/* C[M,N] = A[M,K] * B[N,K]^T in bf16, prepared once and launched several times, and checked.
 *
 *   gemm M N K
 *
 * Where kernels come from is in the environment: GEMMSMITH_OBJECTS, GEMMSMITH_TABLES. */
#include <gemmsmith.h>
#include <hip/hip_runtime_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_HIP(call)                                                                            \
  do {                                                                                             \
    const hipError_t status = (call);                                                              \
    if (status != hipSuccess) {                                                                    \
      fprintf(stderr, "%s: %s\n", #call, hipGetErrorString(status));                               \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

#define CHECK_GS(call)                                                                             \
  do {                                                                                             \
    const gs_status status = (call);                                                               \
    if (status != GS_SUCCESS) {                                                                    \
      fprintf(stderr, "%s: %s: %s\n", #call, gs_status_string(status), gs_last_error());           \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

/* Small integers are exact in bf16, the upper half of a float, and so are their sums in fp32. */
static int element(size_t index, int seed) {
  return (int)((index * 7 + (size_t)seed) % 5) - 2;
}

static uint16_t to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void *upload(size_t count, int seed) {
  uint16_t *host = malloc(count * sizeof *host);
  void *device = NULL;
  size_t i;
  if (!host)
    exit(1);
  for (i = 0; i < count; ++i)
    host[i] = to_bf16((float)element(i, seed));
  CHECK_HIP(hipMalloc(&device, count * sizeof *host));
  CHECK_HIP(hipMemcpy(device, host, count * sizeof *host, hipMemcpyHostToDevice));
  free(host);
  return device;
}

static size_t count_wrong(const uint16_t *c, size_t m, size_t n, size_t k) {
  size_t row, column, i, wrong = 0;
  for (row = 0; row < m; ++row)
    for (column = 0; column < n; ++column) {
      int sum = 0;
      for (i = 0; i < k; ++i)
        sum += element(row * k + i, 1) * element(column * k + i, 2);
      wrong += c[row * n + column] != to_bf16((float)sum);
    }
  return wrong;
}

int main(int argc, char **argv) {
  gs_context *context = NULL;
  gs_problem problem = {0};
  gs_pointers pointers = {0};
  gs_counters counters = {0};
  hipStream_t stream;
  size_t m, n, k, wrong;
  uint16_t *c;
  int i;

  if (argc != 4) {
    fprintf(stderr, "usage: gemm M N K\n");
    return 2;
  }
  m = strtoul(argv[1], NULL, 10);
  n = strtoul(argv[2], NULL, 10);
  k = strtoul(argv[3], NULL, 10);
  problem.m = (int64_t)m;
  problem.n = (int64_t)n;
  problem.k = (int64_t)k;
  problem.in_type = GS_BF16;
  problem.out_type = GS_BF16;

  CHECK_GS(gs_context_create(NULL, &context));
  CHECK_HIP(hipStreamCreate(&stream));
  {
    gs_prepare_options options = {0};
    gs_stream streams[1];
    streams[0] = stream;
    options.size = sizeof options;
    options.streams = streams;
    options.stream_count = 1;
    CHECK_GS(gs_prepare(context, &problem, 1, &options));
  }

  pointers.a = upload(m * k, 1);
  pointers.b = upload(n * k, 2);
  CHECK_HIP(hipMalloc(&pointers.c, m * n * sizeof *c));
  for (i = 0; i < 3; ++i)
    CHECK_GS(gs_gemm(context, &problem, &pointers, stream));

  c = malloc(m * n * sizeof *c);
  if (!c)
    return 1;
  CHECK_HIP(hipStreamSynchronize(stream));
  CHECK_HIP(hipMemcpy(c, pointers.c, m * n * sizeof *c, hipMemcpyDeviceToHost));
  wrong = count_wrong(c, m, n, k);
  free(c);

  counters.size = sizeof counters;
  CHECK_GS(gs_get_counters(context, &counters));
  printf("%zu of %zu elements wrong; %llu launches, %llu misses, %llu kernels from a directory\n",
         wrong, m * n, (unsigned long long)counters.launches, (unsigned long long)counters.misses,
         (unsigned long long)counters.hits[GS_TIER_DIRECTORY]);

  CHECK_HIP(hipFree((void *)pointers.a));
  CHECK_HIP(hipFree((void *)pointers.b));
  CHECK_HIP(hipFree(pointers.c));
  gs_context_destroy(context);
  CHECK_HIP(hipStreamDestroy(stream));
  return wrong != 0;
}
