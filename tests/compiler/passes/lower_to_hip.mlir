// RUN: gemmsmith-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(lower-to-hip)" | FileCheck %s

// Names come from locations; what is used once, and has none, stays an expression of its user.
// CHECK-LABEL: emitc.func @workgroup(
// CHECK-SAME:    !emitc.opaque<"GLOBAL char *__restrict__">
// CHECK-SAME:    !emitc.opaque<"LDS char *__restrict__">) attributes {specifiers = ["DEVICE"]}
// CHECK:         verbatim "const uint32_t thread = __builtin_amdgcn_workitem_id_x();"
// CHECK-NEXT:    %[[thread:.*]] = literal "thread" : ui32
// CHECK:         %[[lane:.*]] = rem %[[thread]], %{{.*}}
// CHECK:         verbatim "const uint32_t lane = {};" args %[[lane]]
// A loop that carries a sum: the sum is a variable, updated in place, and the test is at its end.
// CHECK:         verbatim "uint32_t t = {};"
// CHECK:         verbatim "f32x4 t_1 = {};"
// CHECK:         verbatim "#pragma clang loop unroll(disable)"
// CHECK:         do {
// CHECK:           verbatim "t_1 = {} + {};"
// CHECK:           verbatim "t = {};"
// CHECK:         } while {
// CHECK:           expression
// CHECK:             cmp lt
// A negative constant is subtracted; a signed comparison casts.
// CHECK:         sub %
// CHECK:         cast %{{.*}} : ui32 to si32
// CHECK:         cmp lt
// CHECK:         if %
// CHECK:           verbatim "__builtin_amdgcn_s_waitcnt(0xf70); // vmcnt(0)"
// CHECK:         return
llvm.func amdgpu_kernelcc @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c63 = arith.constant 63 : i32
  %cm16 = arith.constant -16 : i32
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %thread = rocdl.workitem.id.x : i32 loc("thread")
  %lane = arith.andi %thread, %c63 : i32 loc("lane")
  %buffer_bytes = arith.extui %n : i32 to i64
  %no_stride = arith.constant 0 : i16
  %flags = arith.constant 159744 : i32
  %buffer = rocdl.make.buffer.rsrc %a, %no_stride, %buffer_bytes, %flags : <1> to <8> loc("a_buffer")
  %r:2 = scf.while (%i = %c0, %sum = %zeros) : (i32, vector<4xf32>) -> (i32, vector<4xf32>) {
    %addend = rocdl.raw.ptr.buffer.load %buffer, %lane, %c0, %c0 : vector<4xf32>
    %total = arith.addf %sum, %addend : vector<4xf32>
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi slt, %next, %k : i32
    scf.condition(%more) %next, %total : i32, vector<4xf32>
  } do {
  ^bb0(%i: i32 loc("i"), %sum: vector<4xf32> loc("s")):
    scf.yield %i, %sum : i32, vector<4xf32>
  }
  %left = arith.addi %n, %cm16 : i32
  %inside = arith.cmpi slt, %lane, %left : i32
  scf.if %inside {
    rocdl.s.waitcnt 3952
    rocdl.raw.ptr.buffer.store %r#1, %buffer, %lane, %c0, %c0 : vector<4xf32>
  }
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  rocdl.s.setprio 1
  llvm.return
}

// -----

// expected-error @+1 {{is no kernel of ours}}
llvm.func @foreign() {
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  // expected-error @+1 {{is not a loop that tests at its end whether to go on}}
  %r = scf.while (%i = %c0) : (i32) -> i32 {
    rocdl.s.barrier
    %more = arith.cmpi slt, %i, %k : i32
    scf.condition(%more) %i : i32
  } do {
  ^bb0(%i: i32):
    %next = arith.addi %i, %m : i32
    scf.yield %next : i32
  }
  llvm.return
}
