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

namespace {

// The text of one kernel: its code, its descriptor.
std::string kernelText(const std::string &name, std::string_view instructions,
                       const AssemblyOptions &o) {
  return fmt::format(R"(
.text
.globl {0}
.p2align 8
.type {0},@function
{0}:
{1}
  s_endpgm
.Lend_{0}:
  .size {0}, .Lend_{0}-{0}
.rodata
.p2align 6
.amdhsa_kernel {0}
  .amdhsa_group_segment_fixed_size {2}
  .amdhsa_kernarg_size 24
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_user_sgpr_count 2
  .amdhsa_system_sgpr_workgroup_id_x 1
  .amdhsa_system_sgpr_workgroup_id_y {3}
  .amdhsa_system_sgpr_workgroup_id_z {4}
  .amdhsa_next_free_vgpr {5}
  .amdhsa_next_free_sgpr {6}
  .amdhsa_accum_offset {7}
  .amdhsa_float_denorm_mode_32 3
  {8}
.end_amdhsa_kernel
)",
                     name, instructions, o.lds_bytes, int{o.workgroup_id > 1},
                     int{o.workgroup_id > 2}, o.vgprs * 2, o.sgprs, o.vgprs, o.extra);
}

std::string metadataText(const std::string &name, const AssemblyOptions &o) {
  return fmt::format(R"(
  - .name: {0}
    .symbol: {0}.kd
    .group_segment_fixed_size: {1}
    .private_segment_fixed_size: 0
    .kernarg_segment_size: 24
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: {2}
    .vgpr_count: {3}
    .agpr_count: {4}
    .max_flat_workgroup_size: 1024
    .args:
      - {{ .name: out, .size: 8, .offset: 0, .value_kind: global_buffer, .address_space: global }}
      - {{ .name: in, .size: 8, .offset: 8, .value_kind: global_buffer, .address_space: global }}
      - {{ .name: n, .size: 4, .offset: 16, .value_kind: by_value }})",
                     name, o.lds_bytes, o.sgprs + 6, o.vgprs * 2, o.vgprs);
}

std::vector<std::byte> assembleNamed(std::span<const std::string> names,
                                     std::span<const std::string> kernels,
                                     const AssemblyOptions &o) {
  std::string source = ".amdgcn_target \"amdgcn-amd-amdhsa--gfx950\"\n", metadata;
  for (std::size_t n = 0; n < kernels.size(); ++n) {
    source += kernelText(names[n], kernels[n], o);
    metadata += metadataText(names[n], o);
  }
  source += ".amdgpu_metadata\n---\namdhsa.version: [1, 2]\n"
            "amdhsa.target: amdgcn-amd-amdhsa--gfx950\namdhsa.kernels:" +
            metadata + "\n...\n.end_amdgpu_metadata\n";
  return link(source);
}

} // namespace

std::vector<std::byte> link(std::string_view assembly, std::string_view linker_script) {
  std::string s = temporaryPath(".s"), object = temporaryPath(".o"), linked = temporaryPath(".co");
  writeFile(s, assembly);
  outputOf(fmt::format("{} -triple=amdgcn-amd-amdhsa -mcpu=gfx950 -filetype=obj {} -o {}", LLVM_MC,
                       s, object));
  std::string options;
  if (!linker_script.empty()) {
    std::string script = temporaryPath(".ld");
    writeFile(script, linker_script);
    options = " -T " + script;
  }
  outputOf(fmt::format("{} -shared{} {} -o {}", LLVM_LLD, options, object, linked));
  return readFile(linked);
}

std::vector<std::byte> objectFile(const std::string &name) {
  return readFile(fmt::format("{}/{}.co", EMULATOR_OBJECTS, name));
}
std::vector<std::byte> compiledKernels(const std::string &name, std::string_view level) {
  return objectFile(fmt::format("{}_O{}", name, level));
}
std::vector<std::byte> compiledKernels(const std::string &name, int level) {
  return compiledKernels(name, std::to_string(level));
}

std::vector<std::byte> assemble(std::string_view instructions, const AssemblyOptions &options) {
  std::string name = "test", kernel(instructions);
  return assembleNamed({&name, 1}, {&kernel, 1}, options);
}

std::vector<std::byte> assembleKernels(std::span<const std::string> kernels,
                                       const AssemblyOptions &options) {
  std::vector<std::string> names;
  for (std::size_t n = 0; n < kernels.size(); ++n)
    names.push_back(fmt::format("test{}", n));
  return assembleNamed(names, kernels, options);
}

} // namespace gemmsmith::emulator
