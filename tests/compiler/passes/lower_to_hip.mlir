// RUN: gemmsmith-opt %s -split-input-file -pass-pipeline="builtin.module(lower-to-hip,form-expressions)" | FileCheck %s
// What comes out is EmitC that every MLIR tool reads.
// RUN: gemmsmith-opt %s -split-input-file -pass-pipeline="builtin.module(lower-to-hip)" | gemmsmith-opt -split-input-file -o /dev/null

// Names come from locations; what is used once, and has none, stays an expression of its user.
// CHECK-LABEL: emitc.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_workgroup(
// CHECK-SAME:    !emitc.opaque<"global_ptr __restrict__">
// CHECK-SAME:    !emitc.opaque<"lds_ptr __restrict__">) attributes {specifiers = ["DEVICE"]}
// CHECK:         verbatim "const uint32_t thread = __builtin_amdgcn_workitem_id_x();"
// CHECK-NEXT:    %[[thread:.*]] = literal "thread" : ui32
// CHECK:         %[[lane:.*]] = expression %[[thread]],
// CHECK-NEXT:      rem
// CHECK:         verbatim "const uint32_t lane = {};" args %[[lane]]
// A name of the prelude or of a parameter is not hidden.
// CHECK:         verbatim "const __amdgpu_buffer_rsrc_t buffer_1 = buffer({}, {});"
// A loop that carries a sum: a variable, updated in place where its old value is used for the last
// time; the test is at the end, of what the next iteration starts with.
// CHECK:         verbatim "uint32_t t = {};"
// CHECK-NEXT:    %[[i:.*]] = literal "t" : ui32
// CHECK:         verbatim "f32x4 t_1 = {};"
// CHECK-NEXT:    %[[sum:.*]] = literal "t_1"
// CHECK:         verbatim "#pragma clang loop unroll(disable)"
// CHECK:         do {
// CHECK:           verbatim "const f32x4 addend = load_buffer
// CHECK-NEXT:      %[[addend:.*]] = literal "addend"
// CHECK-NEXT:      verbatim "t_1 = {} + {};" args %[[sum]], %[[addend]]
// CHECK:           %[[next:.*]] = expression %[[i]],
// CHECK-NEXT:        add %[[i]],
// CHECK:           verbatim "t = {};" args %[[next]]
// CHECK-NEXT:    } while {
// CHECK-NEXT:      expression %[[i]],
// CHECK:             cmp lt
// A negative constant is subtracted; a signed comparison casts.
// CHECK:         expression
// CHECK-NEXT:      sub %
// CHECK:         cast %{{.*}} : ui32 to si32
// CHECK:         cmp lt
// CHECK:         if %
// CHECK:           verbatim "__builtin_amdgcn_s_waitcnt(0xf70); // vmcnt(0)"
// CHECK:           verbatim "store_buffer({}, {}, {});" args %[[sum]],
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
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
  %buffer = rocdl.make.buffer.rsrc %a, %no_stride, %buffer_bytes, %flags : <1> to <8> loc("buffer")
  %r:2 = scf.while (%i = %c0, %sum = %zeros) : (i32, vector<4xf32>) -> (i32, vector<4xf32>) {
    %addend = rocdl.raw.ptr.buffer.load %buffer, %lane, %c0, %c0 : vector<4xf32> loc("addend")
    %total = arith.addf %sum, %addend : vector<4xf32>
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi slt, %next, %k : i32
    scf.condition(%more) %next, %total : i32, vector<4xf32>
  } do {
  ^bb0(%i: i32, %sum: vector<4xf32>):
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

// A loop that swaps what it carries, and counts with a copy of it: no assignment sees another's
// new value, and no expression is written behind the update of a variable that it reads.
// CHECK-LABEL: emitc.func
// CHECK:         verbatim "uint32_t t = {};" args %{{.*}}
// CHECK-NEXT:    %[[i:.*]] = literal "t"
// CHECK:         verbatim "uint32_t t_1 = {};"
// CHECK-NEXT:    %[[x:.*]] = literal "t_1"
// CHECK:         verbatim "uint32_t t_2 = {};"
// CHECK-NEXT:    %[[y:.*]] = literal "t_2"
// CHECK:         do {
// CHECK:           verbatim "const uint64_t t_3 = (uint64_t){};" args %[[x]]
// CHECK:           verbatim "const uint32_t t_5 = {};" args %[[x]]
// CHECK-NEXT:      %[[copy:.*]] = literal "t_5"
// CHECK:           verbatim "t_1 = {};" args %[[y]]
// CHECK:           verbatim "t_2 = {};" args %[[copy]]
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %r:3 = scf.while (%i = %c0, %x = %m, %y = %n) : (i32, i32, i32) -> (i32, i32, i32) {
    %wide = arith.extui %x : i32 to i64
    %p = llvm.getelementptr %c[%wide] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i8
    llvm.store %y, %p : i32, !llvm.ptr<1>
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi slt, %next, %k : i32
    scf.condition(%more) %next, %y, %x : i32, i32, i32
  } do {
  ^bb0(%i: i32, %x: i32, %y: i32):
    scf.yield %i, %x, %y : i32, i32, i32
  }
  llvm.return
}

// -----

// A sum whose old value is used later is not updated in place; a branch that adds to it does so in
// the variable, unless the old value is used behind it.
// CHECK-LABEL: emitc.func
// CHECK:         verbatim "f32x4 t_1 = {};"
// CHECK:         do {
// CHECK:           verbatim "const f32x4 t_2 = {} + {};"
// CHECK:           verbatim "t_1 = {} + {};"
// CHECK:         if %
// CHECK:           verbatim "t_1 = {} + {};"
// CHECK:         verbatim "f32x4 t_4 = {};"
// CHECK:         if %
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %one = llvm.load %a : !llvm.ptr<1> -> vector<4xf32> loc("one")
  %r:2 = scf.while (%i = %c0, %sum = %zeros) : (i32, vector<4xf32>) -> (i32, vector<4xf32>) {
    %twice = arith.addf %sum, %one : vector<4xf32>
    llvm.store %twice, %c : vector<4xf32>, !llvm.ptr<1>
    %total = arith.addf %sum, %twice : vector<4xf32>
    %next = arith.addi %i, %c1 : i32
    %more = arith.cmpi slt, %next, %k : i32
    scf.condition(%more) %next, %total : i32, vector<4xf32>
  } do {
  ^bb0(%i: i32, %sum: vector<4xf32>):
    scf.yield %i, %sum : i32, vector<4xf32>
  }
  %last = arith.cmpi eq, %m, %n : i32
  %first = scf.if %last -> vector<4xf32> {
    %more = arith.addf %r#1, %one : vector<4xf32>
    scf.yield %more : vector<4xf32>
  } else {
    scf.yield %r#1 : vector<4xf32>
  }
  %second = scf.if %last -> vector<4xf32> {
    %more = arith.addf %first, %one : vector<4xf32>
    scf.yield %more : vector<4xf32>
  } else {
    scf.yield %first : vector<4xf32>
  }
  llvm.store %first, %c : vector<4xf32>, !llvm.ptr<1>
  llvm.store %second, %c : vector<4xf32>, !llvm.ptr<1>
  llvm.return
}

// -----

// Elements: two vectors that start from the same one are two variables.
// CHECK-LABEL: emitc.func
// CHECK:         verbatim "f32x4 t;"
// CHECK:         verbatim "t[0] = {};"
// CHECK:         verbatim "f32x4 t_1 = {};"
// CHECK:         verbatim "t_1[1] = {};"
// CHECK:         verbatim "t[1] = {};"
llvm.func @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1(
    %a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32,
    %lda: i64, %ldb: i64, %ldc: i64) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %one = llvm.load %a : !llvm.ptr<1> -> f32 loc("one")
  %two = llvm.load %b : !llvm.ptr<1> -> f32 loc("two")
  %none = llvm.mlir.poison : vector<4xf32>
  %v1 = llvm.insertelement %one, %none[%c0 : i32] : vector<4xf32>
  %v2 = llvm.insertelement %one, %v1[%c1 : i32] : vector<4xf32>
  %v3 = llvm.insertelement %two, %v1[%c1 : i32] : vector<4xf32>
  llvm.store %v2, %c : vector<4xf32>, !llvm.ptr<1>
  llvm.store %v3, %c : vector<4xf32>, !llvm.ptr<1>
  llvm.return
}
