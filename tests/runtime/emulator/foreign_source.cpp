#include "tests/runtime/emulator/foreign_source.h"

#include "tests/runtime/emulator/foreign.h"

namespace gemmsmith::emulator {

std::vector<std::byte> buildForeign(const ForeignSource &s) {
  return link(fmt::format(R"(
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"
.text
.globl test
.p2align 8
.type test,@function
test:
{}
  s_endpgm
.Lend:
  .size test, .Lend-test
{}
.rodata
.p2align 6
.amdhsa_kernel test
  .amdhsa_kernarg_size {}
  .amdhsa_next_free_vgpr {}
  .amdhsa_next_free_sgpr 64
  .amdhsa_accum_offset 16
{}
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx950
amdhsa.kernels:
  - .name: test
    .symbol: test.kd
    .kernarg_segment_size: {}
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 64
    .vgpr_count: 16
    .max_flat_workgroup_size: 1024
    .args:
      - {{ .name: out, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }}
{}
...
.end_amdgpu_metadata
)",
                          s.code, s.sections, s.kernarg_bytes, s.vgprs, s.descriptor,
                          s.kernarg_bytes, s.arguments),
              s.linker_script);
}

} // namespace gemmsmith::emulator
