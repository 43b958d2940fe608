#include "tests/runtime/emulator/memory_snippets.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

std::string body(const std::string &snippet, const MemoryOptions &o) {
  std::string text = fmt::format(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  v_lshlrev_b32_e32 v99, 5, v0
  v_mul_u32_u24_e32 v2, {}, v0
  v_mul_u32_u24_e32 v110, {}, v0
  s_waitcnt lgkmcnt(0)
  s_load_dwordx2 s[64:65], s[6:7], 0x0
  s_load_dword s66, s[6:7], 0x8
  s_mov_b32 s67, 0x27000
)",
                                 o.row_dwords * 4, o.output_dwords * 4);
  for (int n = 0; n < o.row_dwords; ++n)
    text += fmt::format("  global_load_dword v{}, v2, s[6:7] offset:{}\n", 4 + n, 16 + 4 * n);
  text += "  s_waitcnt vmcnt(0) lgkmcnt(0)\n";
  if (o.lds_image)
    text += R"(
  global_load_dwordx4 v[100:103], v99, s[64:65]
  global_load_dwordx4 v[104:107], v99, s[64:65] offset:16
  s_waitcnt vmcnt(0)
  ds_write_b128 v99, v[100:103]
  ds_write_b128 v99, v[104:107] offset:16
  s_waitcnt lgkmcnt(0)
)";
  for (int n = 0; n < o.output_dwords; ++n)
    text += fmt::format("  v_mov_b32_e32 v{}, {:#x}\n", 32 + n, kNoResult);
  text += snippet + "\n  s_waitcnt vmcnt(0) lgkmcnt(0)\n  s_mov_b64 exec, -1\n";
  if (o.lds_image)
    text += R"(
  ds_read_b128 v[100:103], v99
  ds_read_b128 v[104:107], v99 offset:16
  s_waitcnt lgkmcnt(0)
  global_store_dwordx4 v99, v[100:103], s[64:65]
  global_store_dwordx4 v99, v[104:107], s[64:65] offset:16
)";
  for (int n = 0; n < o.output_dwords; ++n)
    text += fmt::format("  global_store_dword v110, v{}, s[4:5] offset:{}\n", 32 + n, 4 * n);
  return text;
}

} // namespace

MemorySnippets::MemorySnippets(std::span<const std::string> snippets, const MemoryOptions &options)
    : options_(options), harness_(options.device) {
  std::vector<std::string> kernels;
  for (const std::string &snippet : snippets)
    kernels.push_back(body(snippet, options));
  AssemblyOptions o;
  o.lds_bytes = options.lds_image ? std::max(options.lds_bytes, 2048) : options.lds_bytes;
  o.vgprs = 128;
  o.sgprs = 100;
  o.extra = options.directives;
  if (options.private_bytes)
    o.extra += fmt::format("\n  .amdhsa_private_segment_fixed_size {}\n"
                           "  .amdhsa_enable_private_segment 1\n",
                           options.private_bytes);
  harness_.load(assembleKernels(kernels, o));
}

std::string bufferOver(u32 second, u32 records, u32 last) {
  return fmt::format("s_or_b32 s65, s65, {:#x}\n s_mov_b32 s66, {:#x}\n s_mov_b32 s67, {:#x}\n",
                     second, records, last);
}

MemoryResult MemorySnippets::run(std::size_t n, const MemoryTable &table) {
  Harness &h = harness_;
  auto image = h.upload(table.image);
  if (table.written < table.image.size()) {
    EXPECT_TRUE(h.device.poison(image + table.written, table.image.size() - table.written));
  }
  std::vector<u32> in = {static_cast<u32>(image), static_cast<u32>(image >> 32),
                         static_cast<u32>(table.image.size()), 0};
  in.insert(in.end(), table.rows.begin(), table.rows.end());
  auto rows = h.upload(in);
  std::size_t outputs = 64 * static_cast<std::size_t>(options_.output_dwords);
  auto out = h.empty(outputs * 4);
  MemoryResult result;
  result.error = h.launch(fmt::format("test{}", n), {1}, {64}, out, rows, 0u);
  result.image = h.download<std::byte>(image, table.image.size());
  result.outputs = h.download<u32>(out, outputs);
  for (DevicePointer p : {image, rows, out})
    EXPECT_TRUE(h.device.release(p));
  return result;
}

void expectCases(std::span<const MemoryCase> cases, const MemoryOptions &options,
                 std::span<const MemoryTable> tables, std::span<const std::uint64_t> masks) {
  std::vector<std::string> codes;
  for (const MemoryCase &c : cases)
    for (std::uint64_t exec : masks)
      codes.push_back(fmt::format("  s_mov_b32 exec_lo, {:#x}\n  s_mov_b32 exec_hi, {:#x}\n{}",
                                  static_cast<u32>(exec), static_cast<u32>(exec >> 32), c.code));
  MemorySnippets snippets(codes, options);
  auto row_dwords = static_cast<std::size_t>(options.row_dwords);
  auto output_dwords = static_cast<std::size_t>(options.output_dwords);
  for (std::size_t n = 0; n < codes.size(); ++n)
    for (const MemoryTable &table : tables) {
      const MemoryCase &c = cases[n / masks.size()];
      std::uint64_t exec = masks[n % masks.size()];
      MemoryResult got = snippets.run(n, table);
      ASSERT_EQ(got.error, "") << codes[n];
      std::vector<std::byte> image = table.image;
      std::vector<u32> outputs(64 * output_dwords, kNoResult);
      for (std::size_t l = 0; l < 64; ++l)
        if (exec >> l & 1)
          c.model(image, std::span(table.rows).subspan(l * row_dwords, row_dwords),
                  std::span(outputs).subspan(l * output_dwords, output_dwords),
                  static_cast<int>(l));
      for (std::size_t b = 0; b < image.size(); ++b)
        ASSERT_EQ(got.image[b], image[b]) << codes[n] << "\nbyte " << b << " of the memory";
      for (std::size_t o = 0; o < outputs.size(); ++o)
        ASSERT_EQ(got.outputs[o], outputs[o])
            << codes[n] << "\nresult " << o % output_dwords << " of lane " << o / output_dwords;
    }
}

std::vector<u32> edgeWords(std::size_t count, unsigned seed) {
  static constexpr u32 kEdges[] = {
      0,          1,          2,          0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000,
      0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001, 0xff812345,
      0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x7f7fffff,
      0x3f800001, 0x4b800001, 0x7ff00000, 0xfff00000, 0x7ff80000, 0x7ff00001, 0x000fffff,
      0x800fffff, 0x3ff00000, 0x3c003c00, 0x7c00fc00, 0x7e017d01, 0x00018001, 0x03ff83ff,
      0x04008400, 0x7bff7bff, 0x3c013555, 0x7f807f81, 0x007f8001, 0x3f813f80, 0xff80ffc1};
  std::mt19937 random(seed);
  std::vector<u32> words(count);
  for (u32 &w : words)
    w = random() % 3 ? kEdges[random() % std::size(kEdges)] : static_cast<u32>(random());
  return words;
}

std::vector<std::byte> edgeBytes(std::size_t count, unsigned seed) {
  std::vector<u32> words = edgeWords((count + 3) / 4, seed);
  std::vector<std::byte> bytes(count);
  std::memcpy(bytes.data(), words.data(), count);
  return bytes;
}

} // namespace gemmsmith::emulator
