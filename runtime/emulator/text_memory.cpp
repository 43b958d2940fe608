// Text of DS, MUBUF, MTBUF, FLAT, SCRATCH and GLOBAL.
#include "runtime/emulator/text_writer.h"

#include <array>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

// ds_swizzle_b32 (CDNA4 ISA 11.3.3): what the 16 bits of offset mean.
std::string swizzle(std::uint32_t offset) {
  if (offset >> 13 == 7)
    return fmt::format("swizzle(FFT,{})", offset & 0x1f);
  if (offset >> 13 == 6)
    return fmt::format("swizzle(ROTATE,{},{})", offset >> 10 & 1, offset >> 5 & 0x1f);
  if (offset >> 15) {
    if (offset & 0x7f00)
      return std::to_string(offset);
    return fmt::format("swizzle(QUAD_PERM,{},{},{},{})", offset & 3, offset >> 2 & 3,
                       offset >> 4 & 3, offset >> 6 & 3);
  }
  std::uint32_t keep = offset & 0x1f, set = offset >> 5 & 0x1f, flip = offset >> 10 & 0x1f;
  if (keep == 0x1f && set == 0 && flip && (flip & (flip - 1)) == 0)
    return fmt::format("swizzle(SWAP,{})", flip);
  if (keep == 0x1f && set == 0 && flip && (flip & (flip + 1)) == 0)
    return fmt::format("swizzle(REVERSE,{})", flip + 1);
  std::uint32_t group = 0x20 - keep;
  if (flip == 0 && group > 1 && (group & (group - 1)) == 0 && set < group)
    return fmt::format("swizzle(BROADCAST,{},{})", group, set);
  std::string mask;
  for (int b = 4; b >= 0; --b) {
    bool k = keep >> b & 1, s = set >> b & 1, f = flip >> b & 1;
    mask += s ? (f ? '0' : '1') : k ? (f ? 'i' : 'p') : (f ? '1' : '0');
  }
  return fmt::format("swizzle(BITMASK_PERM,\"{}\")", mask);
}

// Formats of typed buffers (CDNA4 ISA 9.1.8, LLVM's names).
constexpr std::array<std::string_view, 16> kDataFormats = {
    "INVALID",     "8",        "16",          "8_8",        "32",      "16_16",
    "10_11_11",    "11_11_10", "10_10_10_2",  "2_10_10_10", "8_8_8_8", "32_32",
    "16_16_16_16", "32_32_32", "32_32_32_32", "RESERVED_15"};
constexpr std::array<std::string_view, 8> kNumberFormats = {
    "UNORM", "SNORM", "USCALED", "SSCALED", "UINT", "SINT", "RESERVED_6", "FLOAT"};

std::string typedFormat(std::uint32_t data, std::uint32_t number) {
  std::string list;
  if (data != 1)
    list = fmt::format("BUF_DATA_FORMAT_{}", kDataFormats[data]);
  if (number != 0)
    list += fmt::format("{}BUF_NUM_FORMAT_{}", list.empty() ? "" : ",", kNumberFormats[number]);
  return list.empty() ? list : fmt::format("format:[{}]", list);
}

} // namespace

void TextWriter::cachePolicy() {
  flag(i_.sc0, "sc0");
  flag(i_.nt, "nt");
  flag(i_.sc1, "sc1");
}

void TextWriter::lds() {
  if (o_.results[0].dwords)
    operand(registers(i_.dst, o_.results[0].dwords));
  const std::uint16_t fields[2] = {i_.data, i_.data2};
  int field = 0;
  for (const OperandShape &shape : o_.sources) {
    if (shape.kind == Kind::kVgpr)
      operand(registers(i_.address, 1));
    else if (shape.kind == Kind::kEither)
      operand(registers(fields[field++], shape.dwords));
  }
  std::string_view name = i_.mnemonic;
  if (name == "ds_swizzle_b32") {
    flag(i_.offset, "offset:" + swizzle(static_cast<std::uint32_t>(i_.offset)));
  } else if (name.find("read2") != std::string_view::npos ||
             name.find("write2") != std::string_view::npos ||
             name.find("wrxchg2") != std::string_view::npos) {
    flag(i_.offset0, fmt::format("offset0:{}", i_.offset0));
    flag(i_.offset1, fmt::format("offset1:{}", i_.offset1));
  } else {
    flag(i_.offset, fmt::format("offset:{}", i_.offset));
  }
  flag(o_.gds, "gds");
}

void TextWriter::buffer() {
  bool cache_control = !o_.results[0].dwords && !o_.sources[0].dwords && !o_.lds;
  bool to_lds = o_.may_lds && i_.lds;
  if (!cache_control) {
    const OperandShape &data = o_.sources[0].kind == Kind::kEither ? o_.sources[0] : o_.results[0];
    if (!to_lds)
      operand(registers(i_.data, data.dwords));
    if (i_.offen || i_.idxen)
      operand(registers(i_.address, i_.offen && i_.idxen ? 2 : 1));
    else
      operand("off");
    operand(registers(i_.scalar_base, 4));
    operand(i_.scalar_offset >= 128
                ? (i_.scalar_offset >= 230 && i_.scalar_offset < 240) || i_.scalar_offset > 248
                      ? registers(i_.scalar_offset, 1)
                      : constant(i_.scalar_offset, {Kind::kBits, 32, 1})
                : registers(i_.scalar_offset, 1));
    if (i_.format == Format::kMtbuf) {
      std::string format = typedFormat(i_.data_format, i_.number_format);
      flag(!format.empty(), format);
    }
    flag(i_.idxen, "idxen");
    flag(i_.offen, "offen");
    flag(i_.offset, fmt::format("offset:{}", i_.offset));
  }
  flag(i_.sc0, "sc0");
  flag(i_.nt && !cache_control, "nt");
  flag(i_.sc1, "sc1");
  flag(to_lds, "lds");
}

void TextWriter::flat() {
  bool atomic = o_.results[0].dwords && o_.sources[0].kind == Kind::kEither;
  if (o_.results[0].dwords && (!atomic || i_.sc0))
    operand(registers(i_.dst, o_.results[0].dwords));
  bool store = !o_.results[0].dwords && o_.sources[0].kind == Kind::kEither;
  if (i_.format == Format::kScratch)
    operand(i_.lds ? registers(i_.address, 1) : "off");
  else
    operand(registers(i_.address, i_.scalar_base == kNoOperand ? 2 : 1));
  if (atomic || store)
    operand(registers(i_.data, o_.sources[0].dwords));
  if (i_.format != Format::kFlat)
    operand(i_.scalar_base == kNoOperand
                ? "off"
                : registers(i_.scalar_base, i_.format == Format::kScratch ? 1 : 2));
  flag(i_.offset, fmt::format("offset:{}", i_.offset));
  cachePolicy();
}

} // namespace gemmsmith::emulator
