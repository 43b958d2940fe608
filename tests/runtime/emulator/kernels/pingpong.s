// C[M,N] (float) = A[M,K] · B[N,K]ᵀ of bf16 by hand, in the manner of tuned library kernels: a
// 128x128 tile of eight waves in two groups that run one barrier apart, so that one group reads
// LDS while the other multiplies; copies straight to LDS whose source is permuted by XOR; kernel
// arguments preloaded into SGPRs. K is a multiple of 64.
//
// In LDS, two stages of 32 KiB: A at 0, B at 16 KiB, rows of 128 bytes, chunk c of 16 bytes of row r
// at place c ^ (r % 8).
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"

.set kernarg, 0      // s[0:1]
.set c, 2            // s[2:3] to s10: the arguments
.set a, 4
.set b, 6
.set m, 8
.set n, 9
.set k, 10
.set group_x, 11
.set group_y, 12
.set wave, 13
.set row0, 14        // of the tile
.set col0, 15
.set buffer_a, 16
.set buffer_b, 20
.set buffer_c, 24
.set row_bytes, 30
.set copy_base, 34   // of the wave in a stage
.set wave_row, 37    // which 64 rows: the group of the wave
.set wave_col, 39    // which 32 columns
.set steps, 41
.set step, 42
.set next, 43

// Copies tile `next` of A and B, 512 threads times two chunks each, unless K has ended.
.macro COPY_NEXT
  s_cmp_ge_u32 s[next], s[steps]
  s_cbranch_scc1 .Lcopied\@
  s_and_b32 s35, s[next], 1
  s_lshl_b32 s35, s35, 15
  s_lshl_b32 s36, s[next], 7
  s_add_u32 m0, s[copy_base], s35
  s_nop 0
  buffer_load_dwordx4 v6, s[buffer_a:buffer_a+3], s36 offen lds
  s_add_u32 m0, m0, 0x2000
  s_nop 0
  buffer_load_dwordx4 v7, s[buffer_a:buffer_a+3], s36 offen lds
  s_add_u32 m0, m0, 0x2000
  s_nop 0
  buffer_load_dwordx4 v6, s[buffer_b:buffer_b+3], s36 offen lds
  s_add_u32 m0, m0, 0x2000
  s_nop 0
  buffer_load_dwordx4 v7, s[buffer_b:buffer_b+3], s36 offen lds
.Lcopied\@:
.endm

// All fragments of the stage, then the addresses go over to the other one.
.macro READ_FRAGMENTS
  ds_read_b128 v[32:35], v12
  ds_read_b128 v[64:67], v16
  ds_read_b128 v[36:39], v12 offset:4096
  ds_read_b128 v[40:43], v13
  ds_read_b128 v[68:71], v17
  ds_read_b128 v[44:47], v13 offset:4096
  ds_read_b128 v[48:51], v14
  ds_read_b128 v[72:75], v18
  ds_read_b128 v[52:55], v14 offset:4096
  ds_read_b128 v[56:59], v15
  ds_read_b128 v[76:79], v19
  ds_read_b128 v[60:63], v15 offset:4096
  .irp r, 12, 13, 14, 15, 16, 17, 18, 19
  v_xor_b32 v\r, 0x8000, v\r
  .endr
.endm

.macro MULTIPLY
  s_setprio 1
  v_mfma_f32_32x32x16_bf16 a[0:15], v[32:35], v[64:67], a[0:15]
  v_mfma_f32_32x32x16_bf16 a[16:31], v[36:39], v[64:67], a[16:31]
  v_mfma_f32_32x32x16_bf16 a[0:15], v[40:43], v[68:71], a[0:15]
  v_mfma_f32_32x32x16_bf16 a[16:31], v[44:47], v[68:71], a[16:31]
  v_mfma_f32_32x32x16_bf16 a[0:15], v[48:51], v[72:75], a[0:15]
  v_mfma_f32_32x32x16_bf16 a[16:31], v[52:55], v[72:75], a[16:31]
  v_mfma_f32_32x32x16_bf16 a[0:15], v[56:59], v[76:79], a[0:15]
  v_mfma_f32_32x32x16_bf16 a[16:31], v[60:63], v[76:79], a[16:31]
  s_setprio 0
.endm

.text
.globl pingpong
.p2align 8
.type pingpong,@function
pingpong:
  // Where firmware does not preload, it enters here.
  s_load_dwordx2 s[c:c+1], s[kernarg:kernarg+1], 0x0
  s_load_dwordx4 s[a:a+3], s[kernarg:kernarg+1], 0x8
  s_load_dwordx2 s[m:m+1], s[kernarg:kernarg+1], 0x18
  s_load_dword s[k], s[kernarg:kernarg+1], 0x20
  s_waitcnt lgkmcnt(0)
  s_branch .Lbody
  .p2align 8
.Lbody:
  v_lshrrev_b32 v1, 6, v0
  s_nop 0
  v_readfirstlane_b32 s[wave], v1
  v_and_b32 v2, 63, v0
  s_lshl_b32 s[row0], s[group_x], 7
  s_lshl_b32 s[col0], s[group_y], 7
  s_lshl_b32 s[row_bytes], s[k], 1
  s_lshr_b32 s[steps], s[k], 6

  // Buffers that begin at the tile's first row and end with the matrix.
  s_mul_i32 s31, s[row0], s[row_bytes]
  s_mul_hi_u32 s32, s[row0], s[row_bytes]
  s_add_u32 s[buffer_a], s[a], s31
  s_addc_u32 s[buffer_a+1], s[a+1], s32
  s_sub_u32 s33, s[m], s[row0]
  s_mul_i32 s[buffer_a+2], s33, s[row_bytes]
  s_mov_b32 s[buffer_a+3], 0x00027000
  s_mul_i32 s31, s[col0], s[row_bytes]
  s_mul_hi_u32 s32, s[col0], s[row_bytes]
  s_add_u32 s[buffer_b], s[b], s31
  s_addc_u32 s[buffer_b+1], s[b+1], s32
  s_sub_u32 s33, s[n], s[col0]
  s_mul_i32 s[buffer_b+2], s33, s[row_bytes]
  s_mov_b32 s[buffer_b+3], 0x00027000
  s_mov_b64 s[buffer_c:buffer_c+1], s[c:c+1]
  s_mul_i32 s[buffer_c+2], s[m], s[n]
  s_lshl_b32 s[buffer_c+2], s[buffer_c+2], 2
  s_mov_b32 s[buffer_c+3], 0x00027000

  // Thread t copies to place t % 8 of rows t / 8 and t / 8 + 64.
  v_lshrrev_b32 v3, 3, v0
  v_and_b32 v4, 7, v0
  v_and_b32 v5, 7, v3
  v_xor_b32 v4, v4, v5
  v_lshlrev_b32 v4, 4, v4
  v_mul_lo_u32 v5, v3, s[row_bytes]
  v_add_u32 v6, v5, v4
  s_lshl_b32 s31, s[row_bytes], 6
  v_add_u32 v7, s31, v6
  s_lshl_b32 s[copy_base], s[wave], 10

  // Fragments: row lane % 32, k = 16 * slice + lane / 32 * 8; v12 to v15 of A, v16 to v19 of B by
  // slice.
  v_and_b32 v8, 31, v2
  v_lshrrev_b32 v9, 5, v2
  v_and_b32 v10, 7, v2
  v_xor_b32 v10, v10, v9
  v_lshlrev_b32 v10, 4, v10
  v_lshlrev_b32 v11, 7, v8
  v_add_u32 v11, v11, v10
  s_lshr_b32 s[wave_row], s[wave], 2
  s_lshl_b32 s38, s[wave_row], 13
  v_add_u32 v12, s38, v11
  s_and_b32 s[wave_col], s[wave], 3
  s_lshl_b32 s40, s[wave_col], 12
  s_add_u32 s40, s40, 0x4000
  v_add_u32 v16, s40, v11
  v_xor_b32 v13, 32, v12
  v_xor_b32 v14, 64, v12
  v_xor_b32 v15, 0x60, v12
  v_xor_b32 v17, 32, v16
  v_xor_b32 v18, 64, v16
  v_xor_b32 v19, 0x60, v16

  .set i, 0
  .rept 32
  v_accvgpr_write_b32 a[i], 0
  .set i, i+1
  .endr

  s_mov_b32 s[next], 0
  COPY_NEXT
  s_waitcnt vmcnt(0)
  s_barrier
  s_mov_b32 s[step], 0
  s_cmp_eq_u32 s[wave_row], 0
  s_cbranch_scc1 .Lfirst_group

  // The second group lets the first read, and copies meanwhile.
  s_mov_b32 s[next], 1
  COPY_NEXT
  s_barrier
.Lsecond_loop:
  READ_FRAGMENTS
  s_waitcnt vmcnt(0) lgkmcnt(0)
  s_barrier
  s_add_u32 s[next], s[step], 2
  COPY_NEXT
  MULTIPLY
  s_barrier
  s_add_u32 s[step], s[step], 1
  s_cmp_lt_u32 s[step], s[steps]
  s_cbranch_scc1 .Lsecond_loop
  s_branch .Lstore

.Lfirst_group:
  s_add_u32 s[next], s[step], 1
  COPY_NEXT
  READ_FRAGMENTS
  s_waitcnt lgkmcnt(0)
  s_barrier
  MULTIPLY
  s_waitcnt vmcnt(0)
  s_barrier
  s_add_u32 s[step], s[step], 1
  s_cmp_lt_u32 s[step], s[steps]
  s_cbranch_scc1 .Lfirst_group
  s_barrier

.Lstore:
  // Element i of a lane: row i / 4 * 8 + lane / 32 * 4 + i % 4, column lane % 32. Columns past the
  // end go out of the buffer's range, as rows past the end do by themselves.
  s_lshl_b32 s33, s[wave_row], 6
  s_add_u32 s33, s33, s[row0]
  v_lshlrev_b32 v20, 2, v9
  v_add_u32 v20, s33, v20
  s_lshl_b32 s33, s[wave_col], 5
  s_add_u32 s33, s33, s[col0]
  v_add_u32 v21, s33, v8
  v_cmp_gt_u32 vcc, s[n], v21
  v_mul_lo_u32 v22, v20, s[n]
  v_add_lshl_u32 v22, v22, v21, 2
  s_lshl_b32 s45, s[n], 2
  s_nop 15
  .set i, 0
  .rept 32
  s_mul_i32 s44, s45, i/16*32 + i%16/4*8 + i%4
  v_add_u32 v23, s44, v22
  v_cndmask_b32 v23, -1, v23, vcc
  v_accvgpr_read_b32 v24, a[i]
  buffer_store_dword v24, v23, s[buffer_c:buffer_c+3], 0 offen
  .set i, i+1
  .endr
  s_endpgm
.Lend:
  .size pingpong, .Lend-pingpong

.rodata
.p2align 6
.amdhsa_kernel pingpong
  .amdhsa_group_segment_fixed_size 65536
  .amdhsa_kernarg_size 36
  .amdhsa_user_sgpr_count 11
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_user_sgpr_kernarg_preload_length 9
  .amdhsa_user_sgpr_kernarg_preload_offset 0
  .amdhsa_system_sgpr_workgroup_id_x 1
  .amdhsa_system_sgpr_workgroup_id_y 1
  .amdhsa_system_vgpr_workitem_id 0
  .amdhsa_accum_offset 80
  .amdhsa_next_free_vgpr 112
  .amdhsa_next_free_sgpr 48
  .amdhsa_float_denorm_mode_32 3
.end_amdhsa_kernel

.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx950
amdhsa.kernels:
  - .name: pingpong
    .symbol: pingpong.kd
    .group_segment_fixed_size: 65536
    .private_segment_fixed_size: 0
    .kernarg_segment_size: 36
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 54
    .vgpr_count: 112
    .agpr_count: 32
    .max_flat_workgroup_size: 512
    .reqd_workgroup_size: [512, 1, 1]
    .args:
      - { .name: c, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }
      - { .name: a, .size: 8, .offset: 8, .value_kind: global_buffer, .address_space: global }
      - { .name: b, .size: 8, .offset: 16, .value_kind: global_buffer, .address_space: global }
      - { .name: m, .size: 4, .offset: 24, .value_kind: by_value }
      - { .name: n, .size: 4, .offset: 28, .value_kind: by_value }
      - { .name: k, .size: 4, .offset: 32, .value_kind: by_value }
...
.end_amdgpu_metadata
