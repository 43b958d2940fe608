// A kernel of 512 empty dwords, to be overwritten: where tests put code that no assembler made. It
// finds a pointer in s[4:5], s[6:7] and v[2:3], a buffer in s[8:11], byte offsets in v1 and numbers
// in the registers behind.
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"
.text
.globl blank
.p2align 8
.type blank,@function
blank:
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_mov_b32 m0, 0
  s_mov_b64 vcc, -1
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s8, s4
  s_mov_b32 s9, s5
  s_mov_b32 s10, 1024
  s_mov_b32 s11, 0x20000
  v_mov_b32_e32 v2, s6
  v_mov_b32_e32 v3, s7
  v_mov_b32_e32 v4, 0
  v_mov_b32_e32 v5, 1.0
  v_mov_b32_e32 v6, 64
  v_mov_b32_e32 v7, -1
  .irp r, 8, 9, 10, 11, 12, 13, 14, 15
  v_add_u32_e32 v\r, \r, v0
  v_accvgpr_write_b32 a\r, v\r
  .endr
  s_movk_i32 s12, 0x7f
  s_mov_b64 s[14:15], 0x11
  s_cmp_eq_u32 s12, 0
  .fill 512, 4, 0xbf800000
  s_endpgm
.Lend:
  .size blank, .Lend-blank
.rodata
.p2align 6
.amdhsa_kernel blank
  .amdhsa_group_segment_fixed_size 1024
  .amdhsa_private_segment_fixed_size 64
  .amdhsa_kernarg_size 24
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_user_sgpr_count 2
  .amdhsa_system_sgpr_workgroup_id_x 1
  .amdhsa_system_sgpr_workgroup_id_y 1
  .amdhsa_system_sgpr_workgroup_id_z 1
  .amdhsa_next_free_vgpr 512
  .amdhsa_next_free_sgpr 100
  .amdhsa_accum_offset 256
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx950
amdhsa.kernels:
  - .name: blank
    .symbol: blank.kd
    .group_segment_fixed_size: 1024
    .private_segment_fixed_size: 64
    .kernarg_segment_size: 24
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 106
    .vgpr_count: 512
    .agpr_count: 256
    .max_flat_workgroup_size: 1024
    .args:
      - { .name: out, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }
      - { .name: in, .size: 8, .offset: 8, .value_kind: global_buffer, .address_space: global }
      - { .name: n, .size: 4, .offset: 16, .value_kind: by_value }
...
.end_amdgpu_metadata
