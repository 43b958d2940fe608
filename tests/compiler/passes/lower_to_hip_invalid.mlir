// RUN: gemmsmith-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(lower-to-hip)"

// What cannot be said exactly in HIP C++ is refused.

// expected-error @+1 {{is no kernel of ours}}
llvm.func @foreign() {
  llvm.return
}

// -----

// An operation that no lowering knows.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  rocdl.s.setprio 1
  llvm.return
}

// -----

// C++ would compute these in 32 bits.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %x = arith.trunci %m : i32 to i16
  %y = arith.addi %x, %x : i16
  %z = arith.extui %y : i16 to i32
  %f = rocdl.readfirstlane %z : i32
  llvm.return
}

// -----

// smaller() has 32 bits.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %x = arith.minui %lda, %ldb : i64
  %p = llvm.getelementptr %a[%x] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i8
  llvm.store %m, %p : i32, !llvm.ptr<1>
  llvm.return
}

// -----

// Only zero has a form among the constant vectors.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %ones = arith.constant dense<1.0> : vector<4xf32>
  llvm.store %ones, %c : vector<4xf32>, !llvm.ptr<1>
  llvm.return
}

// -----

// Orders and scopes that kernels do not use.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  llvm.fence seq_cst
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %x = llvm.atomicrmw add %c, %m syncscope("agent") acq_rel : !llvm.ptr<1>, i32
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %x = llvm.atomicrmw xchg %c, %m syncscope("agent") monotonic : !llvm.ptr<1>, i32
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  llvm.store %m, %c atomic syncscope("agent") release {alignment = 4 : i64} : i32, !llvm.ptr<1>
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %x = llvm.load volatile %c : !llvm.ptr<1> -> i32
  llvm.return
}

// -----

// Offsets in bytes, as wide as the address.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %p = llvm.getelementptr %c[%m] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  llvm.store %m, %p : i32, !llvm.ptr<1>
  llvm.return
}

// -----

llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  // expected-error @+1 {{has no form in HIP C++}}
  %p = llvm.getelementptr %c[%lda] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i32
  llvm.store %m, %p : i32, !llvm.ptr<1>
  llvm.return
}

// -----

// A store with a scalar offset, and one with a cache policy.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %stride = arith.constant 0 : i16
  %flags = arith.constant 159744 : i32
  %buffer = rocdl.make.buffer.rsrc %a, %stride, %lda, %flags : <1> to <8>
  // expected-error @+1 {{has no form in HIP C++}}
  rocdl.raw.ptr.buffer.store %m, %buffer, %c0, %n, %c0 : i32
  llvm.return
}

// -----

// A buffer that is not raw.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %stride = arith.constant 0 : i16
  %flags = arith.constant 0 : i32
  %c0 = arith.constant 0 : i32
  // expected-error @+1 {{has no form in HIP C++}}
  %buffer = rocdl.make.buffer.rsrc %a, %stride, %lda, %flags : <1> to <8>
  rocdl.raw.ptr.buffer.store %m, %buffer, %c0, %c0, %c0 : i32
  llvm.return
}

// -----

// The test must look at what the next iteration starts with.
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  // expected-error @+1 {{is not a loop that tests at its end whether to go on}}
  %r = scf.while (%i = %c0) : (i32) -> i32 {
    rocdl.s.barrier
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi slt, %i, %k : i32
    scf.condition(%more) %next : i32
  } do {
  ^bb0(%i: i32):
    scf.yield %i : i32
  }
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
    %more = arith.cmpi slt, %m, %k : i32
    scf.condition(%more) %i : i32
  } do {
  ^bb0(%i: i32):
    %next = arith.addi %i, %m : i32
    scf.yield %next : i32
  }
  llvm.return
}
