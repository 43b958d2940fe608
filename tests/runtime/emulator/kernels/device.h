// What the test kernels need of OpenCL and HIP device code, without either's headers or libraries.
#pragma once

typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned char uchar;
typedef unsigned long ulong;
typedef float float2 __attribute__((ext_vector_type(2)));
typedef float float4 __attribute__((ext_vector_type(4)));
typedef float float16 __attribute__((ext_vector_type(16)));
typedef double double4 __attribute__((ext_vector_type(4)));
typedef int int2 __attribute__((ext_vector_type(2)));
typedef int int4 __attribute__((ext_vector_type(4)));
typedef int int8 __attribute__((ext_vector_type(8)));
typedef int int16 __attribute__((ext_vector_type(16)));
typedef uint uint2 __attribute__((ext_vector_type(2)));
typedef uint uint4 __attribute__((ext_vector_type(4)));
typedef __bf16 bf16x2 __attribute__((ext_vector_type(2)));
typedef __bf16 bf16x4 __attribute__((ext_vector_type(4)));
typedef __bf16 bf16x8 __attribute__((ext_vector_type(8)));
typedef _Float16 half2 __attribute__((ext_vector_type(2)));
typedef _Float16 half8 __attribute__((ext_vector_type(8)));
typedef short short2 __attribute__((ext_vector_type(2)));
typedef short short4 __attribute__((ext_vector_type(4)));

#define KERNEL extern "C" __attribute__((global))
// For a kernel whose blocks always have this many threads.
#define THREADS(n) __attribute__((amdgpu_flat_work_group_size(n, n)))
#define DEVICE     static inline __attribute__((device))
#define SHARED     static __attribute__((shared))
#define LDS        __attribute__((address_space(3)))
#define GLOBAL     __attribute__((address_space(1)))

DEVICE uint thread() {
  return __builtin_amdgcn_workitem_id_x();
}
DEVICE uint group() {
  return __builtin_amdgcn_workgroup_id_x();
}
DEVICE uint groupY() {
  return __builtin_amdgcn_workgroup_id_y();
}
DEVICE void barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
// Where element `i` of a lane's part of a 16x16 or 32x32 result of an MFMA lies.
DEVICE uint row16(uint lane, uint i) {
  return lane / 16 * 4 + i;
}
DEVICE uint row32(uint lane, uint i) {
  return i / 4 * 8 + lane / 32 * 4 + i % 4;
}
