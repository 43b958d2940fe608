; C[M,N] (float) = A[M,K] · B[N,K]ᵀ of bf16 as a tile language compiles it: preloaded `inreg`
; arguments, buffer accesses whose mask is an offset out of range, one array in dynamic LDS for
; everything, loads of the next step before the product of this one. 32x32 tile of one wave.
target triple = "amdgcn-amd-amdhsa"

@global_smem = external addrspace(3) global [0 x i8], align 16

declare i32 @llvm.amdgcn.workitem.id.x()
declare i32 @llvm.amdgcn.workgroup.id.x()
declare ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(ptr addrspace(1), i16, i64, i32)
declare <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8), i32, i32, i32)
declare void @llvm.amdgcn.raw.ptr.buffer.store.f32(float, ptr addrspace(8), i32, i32, i32)
declare <4 x float> @llvm.amdgcn.mfma.f32.16x16x32.bf16(<8 x bfloat>, <8 x bfloat>, <4 x float>, i32, i32, i32)
declare void @llvm.amdgcn.s.barrier()
declare void @llvm.amdgcn.sched.barrier(i32)
declare i32 @llvm.smin.i32(i32, i32)

; Rows `first` + lane / 4 and 16 further, 32 values of K from `k0` on, 8 per lane.
define internal i32 @offset(i32 %row, i32 %rows, i32 %k0, i32 %k, i32 %lane) alwaysinline {
  %part = and i32 %lane, 3
  %part8 = shl i32 %part, 3
  %at_k = add i32 %k0, %part8
  %line = mul i32 %row, %k
  %element = add i32 %line, %at_k
  %byte = shl i32 %element, 1
  %row_in = icmp slt i32 %row, %rows
  %k_in = icmp slt i32 %at_k, %k
  %in = and i1 %row_in, %k_in
  %masked = select i1 %in, i32 %byte, i32 -2147483648
  ret i32 %masked
}

define amdgpu_kernel void @matmul_kernel(ptr addrspace(1) inreg readonly captures(none) %a,
    ptr addrspace(1) inreg readonly captures(none) %b, ptr addrspace(1) inreg captures(none) %c,
    i32 inreg %m, i32 inreg %n, i32 inreg %k,
    ptr addrspace(1) inreg readnone captures(none) %global_scratch,
    ptr addrspace(1) inreg readnone captures(none) %profile_scratch) #0 {
entry:
  ; One grid dimension, columns fastest.
  %pid = call i32 @llvm.amdgcn.workgroup.id.x()
  %n31 = add i32 %n, 31
  %tiles_n = sdiv i32 %n31, 32
  %pid_m = sdiv i32 %pid, %tiles_n
  %pid_n = srem i32 %pid, %tiles_n
  %row0 = shl i32 %pid_m, 5
  %col0 = shl i32 %pid_n, 5
  %tid = call i32 @llvm.amdgcn.workitem.id.x()
  %lane = and i32 %tid, 63
  %quarter = lshr i32 %lane, 2
  %ra0 = add i32 %row0, %quarter
  %ra1 = add i32 %ra0, 16
  %rb0 = add i32 %col0, %quarter
  %rb1 = add i32 %rb0, 16
  %buffer_a = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(ptr addrspace(1) %a, i16 0, i64 2147483646, i32 159744)
  %buffer_b = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(ptr addrspace(1) %b, i16 0, i64 2147483646, i32 159744)
  %buffer_c = call ptr addrspace(8) @llvm.amdgcn.make.buffer.rsrc.p8.p1(ptr addrspace(1) %c, i16 0, i64 2147483646, i32 159744)

  ; Where this lane stores its parts in LDS, and where it reads its fragments.
  %store_at = shl i32 %lane, 4
  %smem_a0 = getelementptr i8, ptr addrspace(3) @global_smem, i32 %store_at
  %smem_a1 = getelementptr i8, ptr addrspace(3) %smem_a0, i32 1024
  %smem_b0 = getelementptr i8, ptr addrspace(3) %smem_a0, i32 2048
  %smem_b1 = getelementptr i8, ptr addrspace(3) %smem_a0, i32 3072
  %lane16 = and i32 %lane, 15
  %row_at = shl i32 %lane16, 6
  %k_part = lshr i32 %lane, 4
  %k_at = shl i32 %k_part, 4
  %read_at = or disjoint i32 %row_at, %k_at
  %frag_a0 = getelementptr i8, ptr addrspace(3) @global_smem, i32 %read_at
  %frag_a1 = getelementptr i8, ptr addrspace(3) %frag_a0, i32 1024
  %frag_b0 = getelementptr i8, ptr addrspace(3) %frag_a0, i32 2048
  %frag_b1 = getelementptr i8, ptr addrspace(3) %frag_a0, i32 3072

  %oa0 = call i32 @offset(i32 %ra0, i32 %m, i32 0, i32 %k, i32 %lane)
  %oa1 = call i32 @offset(i32 %ra1, i32 %m, i32 0, i32 %k, i32 %lane)
  %ob0 = call i32 @offset(i32 %rb0, i32 %n, i32 0, i32 %k, i32 %lane)
  %ob1 = call i32 @offset(i32 %rb1, i32 %n, i32 0, i32 %k, i32 %lane)
  %first_a0 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_a, i32 %oa0, i32 0, i32 0)
  %first_a1 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_a, i32 %oa1, i32 0, i32 0)
  %first_b0 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_b, i32 %ob0, i32 0, i32 0)
  %first_b1 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_b, i32 %ob1, i32 0, i32 0)
  br label %loop

loop:
  %kk = phi i32 [ 0, %entry ], [ %kk_next, %loop ]
  %part_a0 = phi <8 x bfloat> [ %first_a0, %entry ], [ %next_a0, %loop ]
  %part_a1 = phi <8 x bfloat> [ %first_a1, %entry ], [ %next_a1, %loop ]
  %part_b0 = phi <8 x bfloat> [ %first_b0, %entry ], [ %next_b0, %loop ]
  %part_b1 = phi <8 x bfloat> [ %first_b1, %entry ], [ %next_b1, %loop ]
  %acc00 = phi <4 x float> [ zeroinitializer, %entry ], [ %sum00, %loop ]
  %acc01 = phi <4 x float> [ zeroinitializer, %entry ], [ %sum01, %loop ]
  %acc10 = phi <4 x float> [ zeroinitializer, %entry ], [ %sum10, %loop ]
  %acc11 = phi <4 x float> [ zeroinitializer, %entry ], [ %sum11, %loop ]
  fence syncscope("workgroup") release, !mmra !0
  call void @llvm.amdgcn.s.barrier()
  fence syncscope("workgroup") acquire, !mmra !0
  store <8 x bfloat> %part_a0, ptr addrspace(3) %smem_a0, align 16
  store <8 x bfloat> %part_a1, ptr addrspace(3) %smem_a1, align 16
  store <8 x bfloat> %part_b0, ptr addrspace(3) %smem_b0, align 16
  store <8 x bfloat> %part_b1, ptr addrspace(3) %smem_b1, align 16
  %kk_next = add nuw nsw i32 %kk, 32
  %na0 = call i32 @offset(i32 %ra0, i32 %m, i32 %kk_next, i32 %k, i32 %lane)
  %na1 = call i32 @offset(i32 %ra1, i32 %m, i32 %kk_next, i32 %k, i32 %lane)
  %nb0 = call i32 @offset(i32 %rb0, i32 %n, i32 %kk_next, i32 %k, i32 %lane)
  %nb1 = call i32 @offset(i32 %rb1, i32 %n, i32 %kk_next, i32 %k, i32 %lane)
  %next_a0 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_a, i32 %na0, i32 0, i32 0)
  %next_a1 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_a, i32 %na1, i32 0, i32 0)
  %next_b0 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_b, i32 %nb0, i32 0, i32 0)
  %next_b1 = call <8 x bfloat> @llvm.amdgcn.raw.ptr.buffer.load.v8bf16(ptr addrspace(8) %buffer_b, i32 %nb1, i32 0, i32 0)
  fence syncscope("workgroup") release, !mmra !0
  call void @llvm.amdgcn.s.barrier()
  fence syncscope("workgroup") acquire, !mmra !0
  %fa0 = load <8 x bfloat>, ptr addrspace(3) %frag_a0, align 16
  %fa1 = load <8 x bfloat>, ptr addrspace(3) %frag_a1, align 16
  %fb0 = load <8 x bfloat>, ptr addrspace(3) %frag_b0, align 16
  %fb1 = load <8 x bfloat>, ptr addrspace(3) %frag_b1, align 16
  call void @llvm.amdgcn.sched.barrier(i32 0)
  ; Operands exchanged: a lane then holds four neighbours of a row of C.
  %sum00 = call <4 x float> @llvm.amdgcn.mfma.f32.16x16x32.bf16(<8 x bfloat> %fb0, <8 x bfloat> %fa0, <4 x float> %acc00, i32 0, i32 0, i32 0)
  %sum01 = call <4 x float> @llvm.amdgcn.mfma.f32.16x16x32.bf16(<8 x bfloat> %fb1, <8 x bfloat> %fa0, <4 x float> %acc01, i32 0, i32 0, i32 0)
  %sum10 = call <4 x float> @llvm.amdgcn.mfma.f32.16x16x32.bf16(<8 x bfloat> %fb0, <8 x bfloat> %fa1, <4 x float> %acc10, i32 0, i32 0, i32 0)
  %sum11 = call <4 x float> @llvm.amdgcn.mfma.f32.16x16x32.bf16(<8 x bfloat> %fb1, <8 x bfloat> %fa1, <4 x float> %acc11, i32 0, i32 0, i32 0)
  %more = icmp slt i32 %kk_next, %k
  br i1 %more, label %loop, label %done

done:
  %out_row0 = add i32 %row0, %lane16
  %out_row1 = add i32 %out_row0, 16
  %k_part4 = shl i32 %k_part, 2
  %out_col0 = add i32 %col0, %k_part4
  %out_col1 = add i32 %out_col0, 16
  call void @store_part(<4 x float> %sum00, ptr addrspace(8) %buffer_c, i32 %out_row0, i32 %out_col0, i32 %m, i32 %n)
  call void @store_part(<4 x float> %sum01, ptr addrspace(8) %buffer_c, i32 %out_row0, i32 %out_col1, i32 %m, i32 %n)
  call void @store_part(<4 x float> %sum10, ptr addrspace(8) %buffer_c, i32 %out_row1, i32 %out_col0, i32 %m, i32 %n)
  call void @store_part(<4 x float> %sum11, ptr addrspace(8) %buffer_c, i32 %out_row1, i32 %out_col1, i32 %m, i32 %n)
  ret void
}

define internal void @store_part(<4 x float> %part, ptr addrspace(8) %buffer, i32 %row, i32 %col, i32 %m, i32 %n) alwaysinline {
entry:
  %line = mul i32 %row, %n
  %row_in = icmp slt i32 %row, %m
  br label %loop

loop:
  %i = phi i32 [ 0, %entry ], [ %i_next, %loop ]
  %at_col = add i32 %col, %i
  %col_in = icmp slt i32 %at_col, %n
  %in = and i1 %row_in, %col_in
  %element = add i32 %line, %at_col
  %byte = shl i32 %element, 2
  %offset = select i1 %in, i32 %byte, i32 -2147483648
  %value = extractelement <4 x float> %part, i32 %i
  call void @llvm.amdgcn.raw.ptr.buffer.store.f32(float %value, ptr addrspace(8) %buffer, i32 %offset, i32 0, i32 0)
  %i_next = add nuw nsw i32 %i, 1
  %more = icmp ult i32 %i_next, 4
  br i1 %more, label %loop, label %done

done:
  ret void
}

attributes #0 = { nounwind "amdgpu-flat-work-group-size"="1,64" "amdgpu-waves-per-eu"="1, 2" "denormal-fp-math-f32"="ieee" "target-cpu"="gfx950" "uniform-work-group-size"="true" }

!llvm.module.flags = !{!1}
!0 = !{!"amdgpu-synchronize-as", !"local"}
!1 = !{i32 1, !"amdhsa_code_object_version", i32 500}
