// What the test kernels need of OpenCL and HIP device code, without either's headers or libraries.
#pragma once

typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned long ulong;
typedef float float4 __attribute__((ext_vector_type(4)));
typedef float float16 __attribute__((ext_vector_type(16)));
typedef uint uint2 __attribute__((ext_vector_type(2)));
typedef uint uint4 __attribute__((ext_vector_type(4)));
typedef __bf16 bf16x8 __attribute__((ext_vector_type(8)));
typedef short short4 __attribute__((ext_vector_type(4)));

#define KERNEL extern "C" __attribute__((global))
#define DEVICE static inline __attribute__((device))
#define SHARED static __attribute__((shared))
#define LDS    __attribute__((address_space(3)))

DEVICE uint thread() {
  return __builtin_amdgcn_workitem_id_x();
}
DEVICE uint group() {
  return __builtin_amdgcn_workgroup_id_x();
}
DEVICE void barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
