#include "tests/runtime/emulator/test_objects.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace gemmsmith::emulator {
namespace {

std::vector<std::byte> readFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_FALSE(text.empty()) << path;
  std::vector<std::byte> bytes(text.size());
  std::copy(text.begin(), text.end(), reinterpret_cast<char *>(bytes.data()));
  return bytes;
}

struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("gemmsmith_emulator_test_{}", getpid());
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

} // namespace

std::string temporaryPath(std::string_view suffix) {
  static TemporaryFolder folder;
  static std::atomic<int> next{0};
  return (folder.path / fmt::format("{}{}", next++, suffix)).string();
}

void writeFile(const std::string &path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string outputOf(const std::string &command) {
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  std::string result;
  std::array<char, 4096> buffer;
  while (std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
    result.append(buffer.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << result;
  return result;
}

std::vector<std::byte> compiledKernels(const std::string &name, int level) {
  return readFile(fmt::format("{}/{}_O{}.co", EMULATOR_OBJECTS, name, level));
}

std::vector<std::byte> assemble(std::string_view instructions, const AssemblyOptions &o) {
  std::string source =
      fmt::format(R"(
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
.rodata
.p2align 6
.amdhsa_kernel test
  .amdhsa_group_segment_fixed_size {}
  .amdhsa_kernarg_size 24
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_user_sgpr_count 2
  .amdhsa_system_sgpr_workgroup_id_x 1
  .amdhsa_system_sgpr_workgroup_id_y {}
  .amdhsa_system_sgpr_workgroup_id_z {}
  .amdhsa_next_free_vgpr {}
  .amdhsa_next_free_sgpr 64
  .amdhsa_accum_offset {}
  .amdhsa_float_denorm_mode_32 3
  {}
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx950
amdhsa.kernels:
  - .name: test
    .symbol: test.kd
    .group_segment_fixed_size: {}
    .private_segment_fixed_size: 0
    .kernarg_segment_size: 24
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 70
    .vgpr_count: {}
    .agpr_count: {}
    .max_flat_workgroup_size: 1024
    .args:
      - {{ .name: out, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }}
      - {{ .name: in, .size: 8, .offset: 8, .value_kind: global_buffer, .address_space: global }}
      - {{ .name: n, .size: 4, .offset: 16, .value_kind: by_value }}
...
.end_amdgpu_metadata
)",
                  instructions, o.lds_bytes, int{o.workgroup_id > 1}, int{o.workgroup_id > 2},
                  o.vgprs * 2, o.vgprs, o.extra, o.lds_bytes, o.vgprs * 2, o.vgprs);
  std::string s = temporaryPath(".s"), object = temporaryPath(".o"), linked = temporaryPath(".co");
  writeFile(s, source);
  outputOf(fmt::format("{} -triple=amdgcn-amd-amdhsa -mcpu=gfx950 -filetype=obj {} -o {}", LLVM_MC,
                       s, object));
  outputOf(fmt::format("{} -shared {} -o {}", LLVM_LLD, object, linked));
  return readFile(linked);
}

} // namespace gemmsmith::emulator
