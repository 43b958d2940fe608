// OpenCL C without its library: address spaces, vectors, local arguments, atomics, constants.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

#define GROUP_X __builtin_amdgcn_workgroup_id_x()
#define GROUP_Y __builtin_amdgcn_workgroup_id_y()
#define ITEM_X  __builtin_amdgcn_workitem_id_x()
#define ITEM_Y  __builtin_amdgcn_workitem_id_y()

void localBarrier(void) {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

// C[m,n] = A[m,k] B[k,n], 16x16 tiles, one element per work-item; K a multiple of 16.
__attribute__((reqd_work_group_size(16, 16, 1))) kernel void tiled(global float *restrict c,
                                                                   global const float *restrict a,
                                                                   global const float *restrict b,
                                                                   int m, int n, int k) {
  local float ta[16][16], tb[16][17];
  int row = GROUP_Y * 16 + ITEM_Y, col = GROUP_X * 16 + ITEM_X;
  float sum = 0;
  for (int kk = 0; kk < k; kk += 16) {
    ta[ITEM_Y][ITEM_X] = row < m ? a[row * k + kk + ITEM_X] : 0;
    tb[ITEM_Y][ITEM_X] = col < n ? b[(kk + ITEM_Y) * n + col] : 0;
    localBarrier();
    for (int i = 0; i < 16; ++i)
      sum += ta[ITEM_Y][i] * tb[i][ITEM_X];
    localBarrier();
  }
  if (row < m && col < n)
    c[row * n + col] = sum;
}

// Sums of groups in local memory that the host sized; two local arguments, one behind the other.
kernel void local_arguments(global float *sums, global const float *in, local float *values,
                            local int *counts, int n) {
  uint t = ITEM_X, size = __builtin_amdgcn_workgroup_size_x(), i = GROUP_X * size + t;
  values[t] = i < n ? in[i] : 0;
  counts[t] = i < n;
  localBarrier();
  for (uint half_size = size / 2; half_size; half_size /= 2) {
    if (t < half_size) {
      values[t] += values[t + half_size];
      counts[t] += counts[t + half_size];
    }
    localBarrier();
  }
  if (t == 0) {
    sums[2 * GROUP_X] = values[0];
    sums[2 * GROUP_X + 1] = counts[0];
  }
}

// Vectors, swizzles and conversions of all widths.
kernel void vectors(global float4 *out, global const uchar4 *in, global const short3 *words,
                    constant float *weights) {
  uint i = GROUP_X * 64 + ITEM_X;
  uchar4 bytes = in[i];
  float4 f = __builtin_convertvector(bytes, float4);
  short3 w = words[i];
  int8 wide = (int8)(bytes.x, bytes.y, bytes.z, bytes.w, w.x, w.y, w.z, -1);
  int4 folded = wide.lo * wide.hi.wzyx;
  f.xz += f.yw * weights[ITEM_X % 4];
  out[i] = f + __builtin_convertvector(folded, float4);
}

// Half precision and double precision side by side.
kernel void precisions(global half *h, global double *d, global const float *in, int n) {
  uint i = GROUP_X * 64 + ITEM_X;
  if (i >= n)
    return;
  half x = (half)in[i];
  h[i] = x * x + (half)0.5f;
  double y = in[i];
  d[i] = y * y / 3.0 - (double)(long)(y * 1000.0) + (double)(ulong)(y < 0 ? -y : y);
}

// Data of the program, in the constant and in the global address space, and pointers to it.
constant int squares[6] = {0, 1, 4, 9, 16, 25};
global int visits = 100;
global int *global where = &visits;
kernel void program_data(global int *out, int n) {
  uint i = GROUP_X * 64 + ITEM_X;
  if (i >= n)
    return;
  out[i] = squares[i % 6];
  __opencl_atomic_fetch_add((global atomic_int *)where, 1, memory_order_relaxed,
                            memory_scope_device);
}

// One function of generic pointers for global, local and private data.
__attribute__((noinline)) int sumOf(const int *p, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum += p[i];
  return sum;
}
kernel void generic_pointers(global int *out, global const int *in) {
  local int shared[64];
  int private_values[4];
  uint t = ITEM_X;
  shared[t] = in[t] * 2;
  for (int i = 0; i < 4; ++i)
    private_values[i] = in[(t + i) % 64] * 3;
  localBarrier();
  out[t * 3] = sumOf((const int *)in, t + 1);
  out[t * 3 + 1] = sumOf(shared, t + 1);
  out[t * 3 + 2] = sumOf(private_values, 4);
}

// Bitonic sort of 256 values in local memory.
__attribute__((reqd_work_group_size(256, 1, 1))) kernel void bitonic(global uint *data) {
  local uint v[256];
  uint t = ITEM_X;
  v[t] = data[GROUP_X * 256 + t];
  for (uint size = 2; size <= 256; size *= 2)
    for (uint step = size / 2; step; step /= 2) {
      localBarrier();
      uint other = t ^ step;
      if (other > t) {
        uint low = v[t], high = v[other];
        if ((low > high) == ((t & size) == 0)) {
          v[t] = high;
          v[other] = low;
        }
      }
    }
  localBarrier();
  data[GROUP_X * 256 + t] = v[t];
}
