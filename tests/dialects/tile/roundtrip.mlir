// RUN: gemmsmith-opt %s | gemmsmith-opt | FileCheck %s

// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t32x64x64_s3_w1x2x1_splitk_bias
tile.kernel @gemm_gfx950_bf16_bf16_ring_t32x64x64_s3_w1x2x1_splitk_bias
    <gemm_gfx950_bf16_bf16_ring_t32x64x64_s3_w1x2x1_splitk_bias> {
  // CHECK: %[[ROW:.*]], %[[COLUMN:.*]] = tile.output_tile group_m = 4
  %row, %column = tile.output_tile group_m = 4
  // CHECK: %[[BEGIN:.*]], %[[END:.*]] = tile.k_range columns = 64 split
  %begin, %end = tile.k_range columns = 64 split
  // CHECK: %[[A:.*]] = tile.global a[%[[ROW]]] to %[[END]] : <32 rows, 64 columns>
  %a = tile.global a[%row] to %end : <32 rows, 64 columns>
  // CHECK: %[[B:.*]] = tile.global b[%[[COLUMN]]] to %[[END]] : <64 rows, 64 columns>
  %b = tile.global b[%column] to %end : <64 rows, 64 columns>
  // CHECK: %[[RING_A:.*]] = tile.ring at 0 : <3 slots, 32 rows, 64 columns, <window = 8, shift = 0>>
  %ring_a = tile.ring at 0 : <3 slots, 32 rows, 64 columns, <window = 8, shift = 0>>
  // CHECK: %[[RING_B:.*]] = tile.ring at 12288
  %ring_b = tile.ring at 12288 : <3 slots, 64 rows, 64 columns, <window = 8, shift = 0>>
  %slot = arith.constant 0 : i32
  // CHECK: tile.copy_async %[[A]][%[[BEGIN]]] to %[[RING_A]][%{{.*}}]
  tile.copy_async %a[%begin] to %ring_a[%slot] : <32 rows, 64 columns>
      to <3 slots, 32 rows, 64 columns, <window = 8, shift = 0>>
  // CHECK: tile.copy %[[B]][%[[BEGIN]]] to %[[RING_B]][%{{.*}}]
  tile.copy %b[%begin] to %ring_b[%slot] : <64 rows, 64 columns>
      to <3 slots, 64 rows, 64 columns, <window = 8, shift = 0>>
  // CHECK: tile.wait outstanding = 63
  tile.wait outstanding = 63
  // CHECK: tile.barrier
  tile.barrier
  // CHECK: tile.read_fragments a %[[RING_A]][%{{.*}}] step 1
  %fa = tile.read_fragments a %ring_a[%slot] step 1
      : <3 slots, 32 rows, 64 columns, <window = 8, shift = 0>> -> <2>
  %fb = tile.read_fragments b %ring_b[%slot] step 1
      : <3 slots, 64 rows, 64 columns, <window = 8, shift = 0>> -> <2>
  // CHECK: tile.zero : <2 by 2>
  %zero = tile.zero : <2 by 2>
  // CHECK: tile.mma {{.*}} : <2>, <2>, <2 by 2>
  %sums = tile.mma %fa, %fb, %zero : <2>, <2>, <2 by 2>
  // CHECK: tile.advance %{{.*}} of 3
  %next = tile.advance %slot of 3
  // CHECK: tile.slice_reduce %{{.*}} : <2 by 2>
  %slice = tile.slice_reduce %sums : <2 by 2>
  // CHECK: tile.split_reduce %{{.*}} : <2 by 2> {
  tile.split_reduce %slice : <2 by 2> {
  ^bb0(%total: !tile.accumulator<2 by 2>):
    // CHECK: tile.add_bias %{{.*}} at %[[COLUMN]] : <2 by 2>
    %biased = tile.add_bias %total at %column : <2 by 2>
    // CHECK: tile.store %{{.*}} to [%[[ROW]], %[[COLUMN]]] : <2 by 2>
    tile.store %biased to [%row, %column] : <2 by 2>
  }
}
