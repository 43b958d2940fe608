// RUN: gemmsmith-opt %s -build-tile-program | FileCheck %s

// Slice-K and split-K reduce in this order, and bias comes once, after both.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2_splitk_bias
// CHECK:       %[[ROW:.*]], %[[COLUMN:.*]] = tile.output_tile group_m = 0
// CHECK:       %[[BEGIN:.*]], %[[END:.*]] = tile.k_range columns = 128 split
// CHECK:       %[[A:.*]] = tile.global a[%[[ROW]]] to %[[END]] : <16 rows, 128 columns>
// CHECK:       %[[RING_A:.*]] = tile.ring at 0 : <4 slots, 16 rows, 128 columns
// CHECK:       %[[B:.*]] = tile.global b[%[[COLUMN]]] to %[[END]] : <64 rows, 128 columns>
// CHECK:       %[[RING_B:.*]] = tile.ring at 16384 : <4 slots, 64 rows, 128 columns
// CHECK:       %[[SUMS:.*]]:2 = scf.for %[[K:.*]] = %[[BEGIN]] to %[[END]]
// CHECK-DAG:     tile.copy_async %[[A]][%[[K]]] to %[[RING_A]]
// CHECK-DAG:     tile.copy_async %[[B]][%[[K]]] to %[[RING_B]]
// Two waves share the four K-steps of 128 columns.
// CHECK-COUNT-2: tile.mma {{.*}} : <1>, <4>, <1 by 4>
// CHECK-NOT:     tile.mma
// CHECK:       %[[SLICE:.*]] = tile.slice_reduce %[[SUMS]]#0
// CHECK:       tile.split_reduce %[[SLICE]]
// CHECK:       ^bb0(%[[TOTAL:.*]]: !tile.accumulator<1 by 4>):
// CHECK:         %[[BIASED:.*]] = tile.add_bias %[[TOTAL]] at %[[COLUMN]]
// CHECK:         tile.store %[[BIASED]] to [%[[ROW]], %[[COLUMN]]]
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2_splitk_bias
    <gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2_splitk_bias>

// Rows that are not 16-byte aligned go through registers.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_f32_ring_t32x64x64_s2_w1x4x1_gm4_elem
// CHECK:       tile.output_tile group_m = 4
// CHECK-NOT:   tile.copy_async
// CHECK:       tile.copy %
// CHECK-NOT:   tile.copy_async
// CHECK-NOT:   tile.add_bias
// CHECK:       tile.store
gemm.kernel @gemm_gfx950_bf16_f32_ring_t32x64x64_s2_w1x4x1_gm4_elem
    <gemm_gfx950_bf16_f32_ring_t32x64x64_s2_w1x4x1_gm4_elem>
