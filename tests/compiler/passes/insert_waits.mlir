// RUN: gemmsmith-opt %s -split-input-file -pass-pipeline="builtin.module(build-tile-program,tile.kernel(pipeline-copies,insert-waits))" | FileCheck %s

// 16 x 128 and 64 x 128 elements are 2 + 8 copies of 16 bytes per lane for 128 threads. Of four stages
// the oldest must have arrived, so two stages of ten copies may be in flight.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2
// CHECK:       scf.for
// CHECK:       scf.for
// CHECK-NEXT:    tile.wait outstanding = 20
// CHECK-NEXT:    tile.barrier
// CHECK:         tile.copy_async
// CHECK:         scf.yield
// CHECK-NEXT:  }
// CHECK-NEXT:  tile.wait outstanding = 0
// CHECK-NEXT:  tile.barrier
// CHECK-NEXT:  tile.slice_reduce
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2
    <gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2>

// -----

// Two stages leave none in flight, and without slice-K nothing reuses LDS.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1
// CHECK:       scf.for
// CHECK:       scf.for
// CHECK-NEXT:    tile.wait outstanding = 0
// CHECK-NEXT:    tile.barrier
// CHECK:       tile.wait outstanding = 0
// CHECK-NOT:   tile.barrier
// CHECK:       tile.store
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1
    <gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1>

// -----

// Copies through registers are not counted: the barrier alone makes them visible.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_elem
// CHECK:       scf.for
// CHECK:       scf.for
// CHECK-NEXT:    tile.wait outstanding = 0
// CHECK-NEXT:    tile.barrier
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_elem
    <gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_elem>
