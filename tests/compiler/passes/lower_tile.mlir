// RUN: gemmsmith-opt %s -pass-pipeline="builtin.module(build-tile-program,tile.kernel(pipeline-copies,insert-waits),lower-tile,cse)" | FileCheck %s

// CHECK:       llvm.mlir.global internal @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1.lds()
// CHECK-SAME:    addr_space = 3
// CHECK-SAME:    !llvm.array<30720 x i8>
// CHECK:       llvm.func amdgpu_kernelcc @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
// CHECK-SAME:    !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64)
// One descriptor for each operand.
// CHECK-COUNT-2: rocdl.make.buffer.rsrc
// One stage of 1 + 4 copies, in a loop that fills the ring.
// CHECK:       scf.while
// CHECK-COUNT-5: rocdl.raw.ptr.buffer.load.lds
// CHECK-NOT:     rocdl.raw.ptr.buffer.load.lds
// The test is behind the body, so the loop runs at least once.
// CHECK:       scf.while
// vmcnt(5): one stage of five copies may be in flight; then lgkmcnt(0).
// CHECK:         rocdl.s.waitcnt 3957
// CHECK:         rocdl.s.waitcnt 49279
// CHECK-NEXT:    rocdl.s.barrier
// CHECK-COUNT-5: rocdl.raw.ptr.buffer.load.lds
// Two K-steps of one fragment of A by two of B.
// CHECK-COUNT-4: rocdl.mfma.f32.16x16x32.bf16
// CHECK-NOT:     rocdl.mfma
// CHECK:         scf.condition
// CHECK:       rocdl.s.waitcnt 3952
// Whole vectors where rows of C allow it, else element by element.
// CHECK:       scf.if
// CHECK-COUNT-2: rocdl.raw.ptr.buffer.store {{.*}} : vector<2xi32>
// CHECK:       } else {
// CHECK-COUNT-8: rocdl.raw.ptr.buffer.store {{.*}} : i16
// CHECK:       llvm.return
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1
    <gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1>
