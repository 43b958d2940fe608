// Whole-block patterns: histogram, transpose, three-dimensional grids, dynamic LDS, loops over the
// grid, and everything that a kernel may ask about its launch.
#include "device.h"

// Counts of bytes, block by block in LDS, then added up in memory.
KERNEL void histogram(uint *bins, const uchar *in, int n) {
  SHARED uint count[256];
  uint threads = __builtin_amdgcn_workgroup_size_x();
  for (uint b = thread(); b < 256; b += threads)
    count[b] = 0;
  barrier();
  uint stride = threads * (__builtin_amdgcn_grid_size_x() / threads);
  for (uint i = group() * threads + thread(); i < n; i += stride)
    __hip_atomic_fetch_add(&count[in[i]], 1u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
  barrier();
  for (uint b = thread(); b < 256; b += threads)
    __hip_atomic_fetch_add(&bins[b], count[b], __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

// out[cols, rows] = in[rows, cols]ᵀ by 32x32 tiles with a padding column; blocks of 32 x 8.
KERNEL void transpose(float *out, const float *in, int rows, int cols) {
  SHARED float tile[32][33];
  uint x = thread(), y = __builtin_amdgcn_workitem_id_y();
  for (uint i = y; i < 32; i += 8) {
    uint row = groupY() * 32 + i, col = group() * 32 + x;
    if (row < rows && col < cols)
      tile[i][x] = in[row * cols + col];
  }
  barrier();
  for (uint i = y; i < 32; i += 8) {
    uint row = group() * 32 + i, col = groupY() * 32 + x;
    if (row < cols && col < rows)
      out[row * rows + col] = tile[x][i];
  }
}

// Every id of every work-item; out[linear id of the work-item in the grid].
KERNEL void ids(uint4 *out) {
  uint x = __builtin_amdgcn_workitem_id_x(), y = __builtin_amdgcn_workitem_id_y(),
       z = __builtin_amdgcn_workitem_id_z();
  uint bx = __builtin_amdgcn_workgroup_size_x(), by = __builtin_amdgcn_workgroup_size_y(),
       bz = __builtin_amdgcn_workgroup_size_z();
  uint gx = group() * bx + x, gy = groupY() * by + y,
       gz = __builtin_amdgcn_workgroup_id_z() * bz + z;
  uint nx = __builtin_amdgcn_grid_size_x(), ny = __builtin_amdgcn_grid_size_y();
  out[((ulong)gz * ny + gy) * nx + gx] = (uint4){gx, gy, gz, x | y << 10 | z << 20};
}

// out[i] = Σ of the block's inputs up to i, serially, in LDS of the launch's size.
extern "C" __attribute__((shared)) int dynamic[];
KERNEL void dynamic_lds(int *out, const int *in) {
  SHARED int offset[2]; // static LDS before the dynamic
  uint t = thread(), n = __builtin_amdgcn_workgroup_size_x();
  if (t < 2)
    offset[t] = 1000 * (t + 1);
  dynamic[t] = in[group() * n + t];
  barrier();
  int sum = offset[0] - offset[1] + 1000;
  for (uint i = 0; i <= t; ++i)
    sum += dynamic[i];
  out[group() * n + t] = sum;
}

// The hidden arguments of code object v5 (LLVM's guide): number of blocks at byte 0, their sizes
// at 12, remainders at 18, offsets at 40, dimensions at 64.
KERNEL void grid_stride(float *y, const float *x, float a, int n) {
  const uint *blocks = (const uint *)__builtin_amdgcn_implicitarg_ptr();
  const ushort *sizes = (const ushort *)(blocks + 3);
  for (uint i = group() * sizes[0] + thread(); i < n; i += blocks[0] * sizes[0])
    y[i] = a * x[i] + y[i];
}
KERNEL void hidden_arguments(ulong *out) {
  const uchar *hidden = (const uchar *)__builtin_amdgcn_implicitarg_ptr();
  const uint *blocks = (const uint *)hidden;
  const ushort *sizes = (const ushort *)(hidden + 12);
  for (int i = 0; i < 3; ++i) {
    out[i] = blocks[i];
    out[3 + i] = sizes[i];
    out[6 + i] = sizes[3 + i];
    out[9 + i] = *(const ulong *)(hidden + 40 + 8 * i);
  }
  out[12] = *(const ushort *)(hidden + 64);
  for (int i = 0; i < 5; ++i) // host calls, multigrid, heap, default queue, completion
    out[13 + i] = *(const ulong *)(hidden + 80 + 8 * i);
  out[18] = *(const ulong *)(hidden + 200); // queue
}

// What the dispatch packet and the queue say (HSA's structures).
KERNEL void dispatch(ulong *out) {
  const uchar *packet = (const uchar *)__builtin_amdgcn_dispatch_ptr();
  out[0] = *(const ushort *)packet & 0xff;
  out[1] = *(const ushort *)(packet + 2);
  for (int i = 0; i < 3; ++i) {
    out[2 + i] = *(const ushort *)(packet + 4 + 2 * i);
    out[5 + i] = *(const uint *)(packet + 12 + 4 * i);
  }
  out[8] = *(const uint *)(packet + 24);
  out[9] = *(const uint *)(packet + 28);
  out[10] = *(const ulong *)(packet + 32);
  out[11] = *(const ulong *)(packet + 40);
  out[12] = (ulong)__builtin_amdgcn_kernarg_segment_ptr();
  const uchar *queue = (const uchar *)__builtin_amdgcn_queue_ptr();
  out[13] = *(const uint *)(queue + 0x40);
  out[14] = *(const uint *)(queue + 0x44);
  SHARED int shared;
  int priv;
  priv = 6;
  int *volatile generic = &shared;
  out[15] = (ulong)generic >> 32;
  generic = &priv;
  out[16] = (ulong)generic >> 32;
}
