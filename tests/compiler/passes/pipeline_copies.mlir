// RUN: gemmsmith-opt %s -pass-pipeline="builtin.module(build-tile-program,tile.kernel(pipeline-copies))" | FileCheck %s

// Three slots: two tiles are copied ahead, and the loop copies two tiles further on.
// CHECK-LABEL: tile.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1
// CHECK:       %[[BEGIN:.*]], %[[END:.*]] = tile.k_range
// CHECK:       %[[A:.*]] = tile.global a
// CHECK:       %[[TWO:.*]] = arith.constant 2 : i32
// CHECK:       scf.for %[[I:.*]] = %{{.*}} to %[[TWO]]
// CHECK:         %[[EARLY:.*]] = arith.addi %[[BEGIN]], %[[I]]
// CHECK:         tile.copy_async %[[A]][%[[EARLY]]] to %{{.*}}[%[[I]]]
// CHECK:       scf.for %[[K:.*]] = %[[BEGIN]] to %[[END]] {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[SLOT:.*]] = %{{.*}}, %[[FREE:.*]] = %[[TWO]])
// CHECK:         %[[AHEAD:.*]] = arith.addi %[[K]], %[[TWO]]
// CHECK:         tile.copy_async %[[A]][%[[AHEAD]]] to %{{.*}}[%[[FREE]]]
// CHECK:         tile.read_fragments {{.*}}[%[[SLOT]]]
// CHECK:         tile.advance %[[SLOT]] of 3
// CHECK:         tile.advance %[[FREE]] of 3
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1
    <gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1>
