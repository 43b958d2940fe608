// An instruction as text for messages.
#include "runtime/emulator/decode.h"

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace gemmsmith::emulator {
namespace {

std::string operand(const Instruction &i, std::uint16_t code) {
  if (code >= kAgpr)
    return fmt::format("a{}", code - kAgpr);
  if (code >= kVgpr)
    return fmt::format("v{}", code - kVgpr);
  if (code <= 101)
    return fmt::format("s{}", code);
  if (code >= 128 && code <= 192)
    return std::to_string(code - 128);
  if (code >= 193 && code <= 208)
    return std::to_string(192 - code);
  switch (code) {
  case 106:
    return "vcc";
  case 107:
    return "vcc_hi";
  case kM0:
    return "m0";
  case 126:
    return "exec";
  case 127:
    return "exec_hi";
  case 240:
    return "0.5";
  case 241:
    return "-0.5";
  case 242:
    return "1.0";
  case 243:
    return "-1.0";
  case 244:
    return "2.0";
  case 245:
    return "-2.0";
  case 246:
    return "4.0";
  case 247:
    return "-4.0";
  case 248:
    return "0.15915494";
  case kSharedBase:
    return "src_shared_base";
  case kPrivateBase:
    return "src_private_base";
  case kVccz:
    return "src_vccz";
  case kExecz:
    return "src_execz";
  case kSccCode:
    return "src_scc";
  case kLiteral:
    return fmt::format("{:#x}", i.literal);
  default:
    return fmt::format("src{}", code);
  }
}

} // namespace

std::string text(const Instruction &i) {
  if (!i.mnemonic)
    return fmt::format("<{:#010x}>", i.words[0]);
  std::string result = i.mnemonic;
  auto add = [&](const std::string &item) {
    result += result.size() == std::string_view(i.mnemonic).size() ? " " : ", ";
    result += item;
  };
  auto reg = [&](std::uint16_t code) {
    if (code != kNoOperand)
      add(operand(i, code));
  };
  std::string_view name = i.mnemonic;
  switch (i.format) {
  case Format::kSopp:
    if (i.offset)
      add(std::to_string(i.offset));
    break;
  case Format::kSopk:
    reg(i.dst);
    add(std::to_string(i.offset));
    break;
  case Format::kSmem:
    reg(i.dst);
    reg(i.scalar_base);
    reg(i.scalar_offset);
    add(fmt::format("{:#x}", i.offset));
    break;
  case Format::kDs:
    if (name.find("write") == std::string_view::npos)
      reg(i.dst);
    reg(i.address);
    if (name.find("read") == std::string_view::npos)
      reg(i.data);
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    break;
  case Format::kMubuf:
    if (!i.lds)
      reg(i.data);
    if (i.offen || i.idxen)
      reg(i.address);
    reg(i.scalar_base);
    reg(i.scalar_offset);
    result += i.offen ? " offen" : "";
    result += i.idxen ? " idxen" : "";
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    result += i.lds ? " lds" : "";
    break;
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    if (name.find("load") != std::string_view::npos && name.find("lds") == std::string_view::npos)
      reg(i.dst);
    reg(i.address);
    if (name.find("load") == std::string_view::npos)
      reg(i.data);
    if (i.scalar_base == kNoOperand)
      add("off");
    else
      reg(i.scalar_base);
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    break;
  default:
    reg(i.dst);
    reg(i.sdst);
    for (int s = 0; s < i.sources && s < 3; ++s) {
      std::string item = i.src[s] == kNoOperand ? "?" : operand(i, i.src[s]);
      if (i.absolute >> s & 1)
        item = "|" + item + "|";
      if (i.negate >> s & 1)
        item = "-" + item;
      add(item);
    }
  }
  return result;
}

} // namespace gemmsmith::emulator
