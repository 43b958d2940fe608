// Text of SOP1, SOP2, SOPC, SOPK, SOPP and SMEM.
#include "runtime/emulator/text_writer.h"

#include <array>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Hardware registers of s_getreg and s_setreg (CDNA4 ISA 5.8); empty: nameless.
constexpr std::array<std::string_view, 25> kHardwareRegisters = {
    "",
    "HW_REG_MODE",
    "HW_REG_STATUS",
    "HW_REG_TRAPSTS",
    "HW_REG_HW_ID",
    "HW_REG_GPR_ALLOC",
    "HW_REG_LDS_ALLOC",
    "HW_REG_IB_STS",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "HW_REG_SH_MEM_BASES",
    "HW_REG_TBA_LO",
    "HW_REG_TBA_HI",
    "HW_REG_TMA_LO",
    "HW_REG_TMA_HI",
    "HW_REG_XCC_ID",
    "HW_REG_SQ_PERF_SNAPSHOT_DATA",
    "HW_REG_SQ_PERF_SNAPSHOT_DATA1",
    "HW_REG_SQ_PERF_SNAPSHOT_PC_LO",
    "HW_REG_SQ_PERF_SNAPSHOT_PC_HI",
};

std::string hardwareRegister(std::uint32_t field) {
  std::uint32_t id = field & 0x3f, offset = field >> 6 & 0x1f, size = (field >> 11 & 0x1f) + 1;
  std::string name = id < kHardwareRegisters.size() && !kHardwareRegisters[id].empty()
                         ? std::string(kHardwareRegisters[id])
                         : std::to_string(id);
  return offset == 0 && size == 32 ? fmt::format("hwreg({})", name)
                                   : fmt::format("hwreg({}, {}, {})", name, offset, size);
}

// VGPR indexing mode (CDNA4 ISA 6.6): which operands are indexed.
std::string gprIndexMode(std::uint32_t mode) {
  if (mode > 15)
    return fmt::format("{:#x}", mode);
  std::string list;
  static constexpr std::string_view kOperands[] = {"SRC0", "SRC1", "SRC2", "DST"};
  for (int k = 0; k < 4; ++k)
    if (mode >> k & 1) {
      list += list.empty() ? "" : ",";
      list += kOperands[k];
    }
  return fmt::format("gpr_idx({})", list);
}

// Messages of s_sendmsg (CDNA4 ISA table 4.9, LLVM's names).
std::string message(std::uint32_t field) {
  std::uint32_t id = field & 0xf, operation = field >> 4 & 7, stream = field >> 8 & 3;
  static constexpr std::array<std::string_view, 16> kNames = {"",
                                                              "MSG_INTERRUPT",
                                                              "MSG_GS",
                                                              "MSG_GS_DONE",
                                                              "MSG_SAVEWAVE",
                                                              "MSG_STALL_WAVE_GEN",
                                                              "MSG_HALT_WAVES",
                                                              "MSG_ORDERED_PS_DONE",
                                                              "MSG_EARLY_PRIM_DEALLOC",
                                                              "MSG_GS_ALLOC_REQ",
                                                              "MSG_GET_DOORBELL",
                                                              "",
                                                              "",
                                                              "",
                                                              "",
                                                              "MSG_SYSMSG"};
  static constexpr std::array<std::string_view, 4> kGeometry = {"GS_OP_NOP", "GS_OP_CUT",
                                                                "GS_OP_EMIT", "GS_OP_EMIT_CUT"};
  static constexpr std::array<std::string_view, 5> kSystem = {
      "", "SYSMSG_OP_ECC_ERR_INTERRUPT", "SYSMSG_OP_REG_RD", "", "SYSMSG_OP_TTRACE_PC"};
  bool geometry = id == 2 || id == 3;
  if (geometry && operation < kGeometry.size() && (operation || (id == 3 && !stream)))
    return operation ? fmt::format("sendmsg({}, {}, {})", kNames[id], kGeometry[operation], stream)
                     : fmt::format("sendmsg({}, {})", kNames[id], kGeometry[operation]);
  if (id == 15 && operation < kSystem.size() && !kSystem[operation].empty() && !stream)
    return fmt::format("sendmsg({}, {})", kNames[id], kSystem[operation]);
  if (!geometry && id != 15 && !kNames[id].empty() && !operation && !stream)
    return fmt::format("sendmsg({})", kNames[id]);
  return field & ~0x37fu ? std::to_string(field)
                         : fmt::format("sendmsg({}, {}, {})", id, operation, stream);
}

// s_waitcnt (CDNA4 ISA 4.4): the counters that are waited for, or all if none is.
std::string waitCounters(std::uint32_t field) {
  std::uint32_t vm = (field & 0xf) | (field >> 14 & 3) << 4, exp = field >> 4 & 7,
                lgkm = field >> 8 & 0xf;
  bool none = vm == 63 && exp == 7 && lgkm == 15;
  std::string list;
  auto add = [&](std::string_view counter, std::uint32_t value, bool waits) {
    if (waits || none)
      list += fmt::format("{}{}({})", list.empty() ? "" : " ", counter, value);
  };
  add("vmcnt", vm, vm != 63);
  add("expcnt", exp, exp != 7);
  add("lgkmcnt", lgkm, lgkm != 15);
  return list;
}

} // namespace

void TextWriter::scalar() {
  std::string_view name = i_.mnemonic;
  auto field = static_cast<std::uint32_t>(i_.offset) & 0xffff;
  if (i_.format == Format::kSopp)
    return scalarConstant();
  if (name == "s_setreg_b32" || name == "s_setreg_imm32_b32")
    operand(hardwareRegister(field));
  if (i_.dst != kNoOperand && (o_.results[0].dwords || i_.format == Format::kSopk) &&
      name != "s_setreg_imm32_b32")
    operand(registers(i_.dst, o_.results[0].dwords ? o_.results[0].dwords : o_.sources[0].dwords));
  if (i_.format == Format::kSopk) {
    if (name == "s_getreg_b32")
      operand(hardwareRegister(field));
    else if (name == "s_setreg_imm32_b32")
      operand(immediate(i_.literal));
    else if (name == "s_call_b64" || name == "s_cbranch_i_fork")
      operand(std::to_string(field));
    else if (name != "s_setreg_b32")
      operand(fmt::format("{:#x}", field));
    return;
  }
  for (int s = 0; s < 2; ++s) {
    const OperandShape &shape = o_.sources[static_cast<std::size_t>(s)];
    if (shape.kind == OperandShape::Kind::kImmediate)
      operand(gprIndexMode(i_.src[s]));
    else if (shape.dwords && shape.kind != OperandShape::Kind::kDestination)
      operand(source(s));
  }
}

// SOPP: what the 16 bits mean depends on the opcode.
void TextWriter::scalarConstant() {
  std::string_view name = i_.mnemonic;
  auto field = static_cast<std::uint32_t>(i_.offset) & 0xffff;
  if (name == "s_waitcnt")
    operand(waitCounters(field));
  else if (name == "s_sendmsg" || name == "s_sendmsghalt")
    operand(message(field));
  else if (name == "s_set_gpr_idx_mode")
    operand(gprIndexMode(field));
  else if (name == "s_branch" || name.starts_with("s_cbranch"))
    operand(std::to_string(field));
  else if (name == "s_endpgm")
    flag(field != 0, std::to_string(field));
  else if (name == "s_nop" || name == "s_setkill" || name == "s_sethalt" || name == "s_sleep" ||
           name == "s_setprio" || name == "s_trap" || name == "s_incperflevel" ||
           name == "s_decperflevel")
    operand(immediate(field));
}

void TextWriter::scalarMemory() {
  if (o_.sources[0].kind == OperandShape::Kind::kImmediate)
    operand(immediate(i_.dst));
  else if (o_.results[0].dwords || o_.sources[0].kind == OperandShape::Kind::kSgpr)
    operand(registers(i_.dst, o_.sources[0].kind == OperandShape::Kind::kSgpr
                                  ? o_.sources[0].dwords
                                  : o_.results[0].dwords));
  bool based = false;
  for (const OperandShape &shape : o_.sources)
    if (shape.kind == OperandShape::Kind::kBase) {
      operand(registers(i_.scalar_base, shape.dwords));
      based = true;
    }
  if (!based)
    return;
  if (i_.scalar_offset == kNoOperand) {
    operand(offset(i_.offset));
  } else {
    operand(registers(i_.scalar_offset, 1));
    flag(i_.immediate, "offset:" + offset(i_.offset));
  }
  bool data = o_.results[0].dwords || o_.sources[0].kind == OperandShape::Kind::kSgpr;
  flag(i_.sc0 && data, "glc");
}

} // namespace gemmsmith::emulator
