// A kernel of 2,048 empty dwords, to be overwritten: where tests put code that no assembler made.
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"
.text
.globl blank
.p2align 8
.type blank,@function
blank:
  .fill 2048, 4, 0xbf800000
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
