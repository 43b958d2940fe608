// What keeps a stack, an image or an exit: scratch with variable indices, calls, function pointers,
// tables of a module's data, arguments by value, wide division, bytes and words, asserts.
#include "device.h"

#define NOINLINE static __attribute__((device, noinline))

// Sorts eight values per thread in scratch, by insertion, through variable indices.
KERNEL void sort_private(int *out, const int *in, const int *order, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  int v[8];
  for (int k = 0; k < 8; ++k) {
    int x = in[i * 8 + k], at = k;
    for (; at > 0 && v[at - 1] > x; --at)
      v[at] = v[at - 1];
    v[at] = x;
  }
  for (int k = 0; k < 8; ++k)
    out[i * 8 + k] = v[order[(i + k) % 8]];
}

NOINLINE int square(int x) {
  return x * x;
}
NOINLINE int weigh(int x, const int *weights, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum += weights[i] * square(x + i);
  return sum;
}
struct Pair {
  long first;
  int second;
};
NOINLINE Pair swapped(Pair p, int by) {
  return {p.second, (int)p.first + by};
}
KERNEL void call_functions(long *out, const int *in, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  int weights[5];
  for (int k = 0; k < 5; ++k)
    weights[k] = in[i] % (k + 2);
  Pair p = swapped({in[i], 7}, weigh(in[i], weights, 5));
  out[i] = p.first * 1000000 + p.second;
}

// Function pointers from a table of the module, different in different lanes.
typedef int (*Function)(int);
NOINLINE int twice(int x) {
  return 2 * x;
}
NOINLINE int negated(int x) {
  return -x;
}
NOINLINE int plusFive(int x) {
  return x + 5;
}
static __attribute__((device)) const Function table[4] = {square, twice, negated, plusFive};
KERNEL void call_pointers(int *out, const int *in, int n) {
  uint i = group() * 64 + thread();
  if (i < n)
    out[i] = table[(in[i] & 0x7fffffff) % 4](in[i]) + 1;
}

// Data of the module: constants, initialised and zeroed variables, a pointer from one to another.
extern "C" {
__attribute__((constant)) int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__attribute__((device)) long counter = 40;
__attribute__((device)) int zeroed[1000];
__attribute__((device)) long *counter_pointer = &counter;
__attribute__((device)) const int *middle_prime = &primes[4];
}
KERNEL void globals(long *out) {
  uint t = thread();
  if (t < 8)
    out[t] = primes[t];
  out[8 + t] = zeroed[t * 15];
  zeroed[t] = t;
  if (t == 0) {
    __hip_atomic_fetch_add(counter_pointer, 2l, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    out[72] = middle_prime[1];
  }
}

// An argument that is a structure with padding, by value, between others.
struct Shape {
  char kind;
  short rows;
  float scale[3];
  double bias;
  struct {
    uchar bytes[5];
  } tail;
};
KERNEL void by_value(double *out, char first, Shape shape, short last, float4 vector, bool flag) {
  out[0] = first;
  out[1] = shape.kind;
  out[2] = shape.rows;
  for (int i = 0; i < 3; ++i)
    out[3 + i] = shape.scale[i];
  out[6] = shape.bias;
  for (int i = 0; i < 5; ++i)
    out[7 + i] = shape.tail.bytes[i];
  out[12] = last;
  for (int i = 0; i < 4; ++i)
    out[13 + i] = vector[i];
  out[17] = flag;
}

KERNEL void divide_wide(long *quotient, long *remainder, ulong *uquotient, ulong *uremainder,
                        const long *a, const long *b, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  quotient[i] = a[i] / b[i];
  remainder[i] = a[i] % b[i];
  uquotient[i] = (ulong)a[i] / (ulong)b[i];
  uremainder[i] = (ulong)a[i] % (ulong)b[i];
}

// Bytes and words, signed and unsigned, loaded, stored and kept in LDS.
KERNEL THREADS(64) void narrow(uchar *bytes, ushort *words, int *sums, const signed char *sbytes,
                               const uchar *ubytes, const short *swords, const ushort *uwords) {
  SHARED signed char lds_bytes[64];
  SHARED ushort lds_words[64];
  uint t = thread(), i = group() * 64 + t;
  lds_bytes[t] = sbytes[i];
  lds_words[t] = uwords[i];
  barrier();
  int sum = sbytes[i] + ubytes[i] + swords[i] + uwords[i];
  sums[i] = sum + lds_bytes[63 - t] * lds_words[t ^ 1];
  bytes[i] = (uchar)(sum >> 3);
  words[i] = (ushort)(sbytes[i] * swords[i]);
}

// Stops if an input is negative.
KERNEL void assert_positive(int *out, const int *in, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  if (in[i] < 0)
    __builtin_trap();
  out[i] = in[i] * 2;
}

// A jump over many cases.
KERNEL void many_cases(int *out, const int *in, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  int x = in[i];
  switch (x % 11) {
  case 0:
    x = x * 3 + 1;
    break;
  case 1:
    x ^= 0x55;
    break;
  case 2:
    x = x / 7;
    break;
  case 3:
    x = __builtin_popcount(x);
    break;
  case 4:
    x = __builtin_clz(x | 1);
    break;
  case 5:
    x = __builtin_bitreverse32(x) >> 16;
    break;
  case 6:
    x = x << x % 13;
    break;
  case 7:
    x = (int)((long)x * x >> 20);
    break;
  case 8:
    x = __builtin_ctz(x | 64);
    break;
  default:
    x = -x;
  }
  out[i] = x;
}

// Recursion, whose need of stack no compiler knows: depth[i] calls of 48 bytes or more each.
NOINLINE int descend(int depth, int x) {
  volatile int frame[8];
  frame[x & 7] = x + depth;
  return depth == 0 ? x : descend(depth - 1, frame[x & 7] & 0xffff) + 1;
}
KERNEL void recursion(int *out, const int *depth, int n) {
  uint i = group() * 64 + thread();
  if (i < n)
    out[i] = descend(depth[i], i);
}
