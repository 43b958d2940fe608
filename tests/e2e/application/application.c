/* An application of libgemmsmith in plain C: a handful of problems, each launched once and checked
 * element by element.
 *
 *   application [--problems N] [--seed S] [--prepare] [--barrier FILE]
 *
 * --problems N    only the first N of kProblems (default: all 16)
 * --seed S        of the inputs, which are small integers so that the right result is exact
 * --prepare       gs_prepare() all problems at once before the first launch
 * --barrier FILE  create the context, then wait until FILE exists: processes that wait for the same
 *                 file ask for their kernels at the same moment
 *
 * Everything else is in the environment, as for any application. The last line of output counts
 * where the code objects came from:
 *
 *   hits directory=5 bundle=0 disk=0 remote=0 service=0 not_found=0 warnings=0 verified=5
 *
 * The exit code is 0 when all was launched and right, 1 when not, 2 when the command line is wrong.
 */
#include <hip/hip_runtime_api.h>

#include <errno.h>
#include <gemmsmith.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The shapes of kernels.csv, whose rows name one kernel each: plain ones, with tails, with bias,
 * with fp32 output, with K split and with rows that are not aligned. */
static const gs_problem kProblems[] = {
    {.m = 16, .n = 64, .k = 128},  {.m = 16, .n = 96, .k = 128, .bias = 1},
    {.m = 16, .n = 64, .k = 512},  {.m = 17, .n = 70, .k = 200},
    {.m = 5, .n = 33, .k = 37},    {.m = 16, .n = 128, .k = 256, .out_type = GS_F32},
    {.m = 16, .n = 64, .k = 256},  {.m = 16, .n = 64, .k = 320},
    {.m = 16, .n = 128, .k = 128}, {.m = 32, .n = 64, .k = 128},
    {.m = 32, .n = 64, .k = 192},  {.m = 32, .n = 64, .k = 512, .bias = 1, .out_type = GS_F32},
    {.m = 33, .n = 64, .k = 136},  {.m = 48, .n = 64, .k = 128},
    {.m = 16, .n = 256, .k = 64},  {.m = 1, .n = 64, .k = 1024},
};
enum { kProblemCount = sizeof kProblems / sizeof kProblems[0] };

static unsigned long warnings = 0;

static void on_log(void *user, gs_log_level level, const char *message) {
  (void)user;
  if (level != GS_LOG_WARNING)
    return;
  ++warnings;
  fprintf(stderr, "warning: %s\n", message);
}

static int check_gs(gs_status status, const char *what) {
  if (status == GS_SUCCESS)
    return 1;
  fprintf(stderr, "%s: %s: %s\n", what, gs_status_string(status), gs_last_error());
  return 0;
}

static int check_hip(hipError_t status, const char *what) {
  if (status == hipSuccess)
    return 1;
  fprintf(stderr, "%s: %s\n", what, hipGetErrorString(status));
  return 0;
}

/* Integers from -3 to 3: sums of some thousand products are exact in fp32. */
static int element(uint64_t seed, uint64_t matrix, uint64_t index) {
  uint64_t z = (seed * 3 + matrix) * 0x9e3779b97f4a7c15u + index * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 29)) * 0x94d049bb133111ebu;
  return (int)((z >> 40) % 7) - 3;
}

static uint16_t to_bf16(double value) {
  const float single = (float)value;
  uint32_t bits = 0;
  memcpy(&bits, &single, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* A new device buffer of `count` bf16 elements; null on failure. */
static void *upload(uint64_t seed, uint64_t matrix, size_t count) {
  uint16_t *host = malloc(count * sizeof *host);
  void *device = NULL;
  size_t i;
  if (!host)
    return NULL;
  for (i = 0; i < count; ++i)
    host[i] = to_bf16(element(seed, matrix, i));
  if (check_hip(hipMalloc(&device, count * sizeof *host), "hipMalloc") &&
      !check_hip(hipMemcpy(device, host, count * sizeof *host, hipMemcpyHostToDevice),
                 "hipMemcpy")) {
    (void)hipFree(device);
    device = NULL;
  }
  free(host);
  return device;
}

/* Whether every element of C, as it was copied from the device, is what it should be. */
static int right(const gs_problem *p, uint64_t seed, const void *c) {
  int64_t row, column, i;
  for (row = 0; row < p->m; ++row)
    for (column = 0; column < p->n; ++column) {
      const int64_t at = row * p->n + column;
      double sum = p->bias ? element(seed, 2, (uint64_t)column) : 0;
      int good;
      for (i = 0; i < p->k; ++i)
        sum += (double)element(seed, 0, (uint64_t)(row * p->k + i)) *
               (double)element(seed, 1, (uint64_t)(column * p->k + i));
      if (p->out_type == GS_F32)
        good = (double)((const float *)c)[at] == sum;
      else
        good = ((const uint16_t *)c)[at] == to_bf16(sum);
      if (good)
        continue;
      fprintf(stderr, "m=%lld n=%lld k=%lld: C[%lld, %lld] is not %g\n", (long long)p->m,
              (long long)p->n, (long long)p->k, (long long)row, (long long)column, sum);
      return 0;
    }
  return 1;
}

/* Launches a problem and checks its result. */
static int run(gs_context *context, const gs_problem *p, uint64_t seed) {
  const size_t bytes = (size_t)(p->m * p->n) * (p->out_type == GS_F32 ? 4 : 2);
  gs_pointers pointers = {0};
  void *a = upload(seed, 0, (size_t)(p->m * p->k));
  void *b = upload(seed, 1, (size_t)(p->n * p->k));
  void *bias = p->bias ? upload(seed, 2, (size_t)p->n) : NULL;
  void *host = malloc(bytes);
  int good = a && b && host && (bias || !p->bias);

  pointers.a = a;
  pointers.b = b;
  pointers.bias = bias;
  good = good && check_hip(hipMalloc(&pointers.c, bytes), "hipMalloc") &&
         check_hip(hipMemset(pointers.c, 0xff, bytes), "hipMemset") &&
         check_gs(gs_gemm(context, p, &pointers, NULL), "gs_gemm") &&
         check_hip(hipStreamSynchronize(NULL), "hipStreamSynchronize") &&
         check_hip(hipMemcpy(host, pointers.c, bytes, hipMemcpyDeviceToHost), "hipMemcpy") &&
         right(p, seed, host);
  free(host);
  (void)hipFree(a);
  (void)hipFree(b);
  (void)hipFree(bias);
  (void)hipFree(pointers.c);
  return good;
}

/* Polls each millisecond, which is far less than what any of the processes does then. */
static void wait_for(const char *file) {
  const struct timespec pause = {0, 1000000};
  while (access(file, F_OK) != 0)
    nanosleep(&pause, NULL);
}

static int print_counters(gs_context *context, unsigned verified) {
  gs_counters counters = {0};
  counters.size = sizeof counters;
  if (!check_gs(gs_get_counters(context, &counters), "gs_get_counters"))
    return 0;
  printf("hits directory=%llu bundle=%llu disk=%llu remote=%llu service=%llu not_found=%llu "
         "warnings=%lu verified=%u\n",
         (unsigned long long)counters.hits[GS_TIER_DIRECTORY],
         (unsigned long long)counters.hits[GS_TIER_BUNDLE],
         (unsigned long long)counters.hits[GS_TIER_DISK],
         (unsigned long long)counters.hits[GS_TIER_REMOTE],
         (unsigned long long)counters.hits[GS_TIER_SERVICE], (unsigned long long)counters.not_found,
         warnings, verified);
  return fflush(stdout) == 0;
}

struct arguments {
  unsigned problems;
  uint64_t seed;
  int prepare;
  const char *barrier;
};

static int parse_number(const char *text, uint64_t most, uint64_t *number) {
  char *end = NULL;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number <= most;
}

static int parse(int argc, char **argv, struct arguments *arguments) {
  int i;
  for (i = 1; i < argc; ++i) {
    const char *value = i + 1 < argc ? argv[i + 1] : NULL;
    uint64_t number = 0;
    if (strcmp(argv[i], "--prepare") == 0) {
      arguments->prepare = 1;
      continue;
    }
    if (!value)
      return 0;
    if (strcmp(argv[i], "--problems") == 0 && parse_number(value, kProblemCount, &number))
      arguments->problems = (unsigned)number;
    else if (strcmp(argv[i], "--seed") == 0 && parse_number(value, UINT64_MAX, &number))
      arguments->seed = number;
    else if (strcmp(argv[i], "--barrier") == 0)
      arguments->barrier = value;
    else
      return 0;
    ++i;
  }
  return 1;
}

int main(int argc, char **argv) {
  struct arguments arguments = {kProblemCount, 1, 0, NULL};
  gs_options options = {0};
  gs_context *context = NULL;
  unsigned verified = 0, i;
  int good = 1;

  if (!parse(argc, argv, &arguments)) {
    fprintf(stderr,
            "usage: application [--problems 0..%d] [--seed S] [--prepare] [--barrier FILE]\n",
            (int)kProblemCount);
    return 2;
  }
  options.size = sizeof options;
  options.log = on_log;
  if (!check_gs(gs_context_create(&options, &context), "gs_context_create"))
    return 1;
  if (arguments.barrier)
    wait_for(arguments.barrier);
  if (arguments.prepare)
    good = check_gs(gs_prepare(context, kProblems, arguments.problems, NULL), "gs_prepare");
  for (i = 0; i < arguments.problems; ++i)
    verified += (unsigned)run(context, &kProblems[i], arguments.seed + i);
  good = print_counters(context, verified) && good && verified == arguments.problems;
  gs_context_destroy(context);
  return good ? 0 : 1;
}
