#include "tests/runtime/emulator/llvm_disassembler.h"

#include "runtime/emulator/instruction.h"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/raw_ostream.h>

#include <array>
#include <cctype>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
}

namespace gemmsmith::emulator {
namespace {

const llvm::Target &target() {
  static std::once_flag once;
  static const llvm::Target *target;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUDisassembler();
    std::string error;
    target = llvm::TargetRegistry::lookupTarget(llvm::Triple("amdgcn-amd-amdhsa"), error);
  });
  return *target;
}

// The codes of instruction.h for an LLVM register such as SGPR4_SGPR5 or VCC.
std::optional<RegisterRange> rangeOf(std::string_view name) {
  for (std::string_view suffix : {"_vi", "_gfx9plus", "_gfxpre11"})
    if (name.ends_with(suffix))
      name.remove_suffix(suffix.size());
  static constexpr std::pair<std::string_view, RegisterRange> kNamed[] = {
      {"VCC_LO", {106, 1}},
      {"VCC_HI", {107, 1}},
      {"VCC", {106, 2}},
      {"EXEC_LO", {126, 1}},
      {"EXEC_HI", {127, 1}},
      {"EXEC", {126, 2}},
      {"FLAT_SCR_LO", {102, 1}},
      {"FLAT_SCR_HI", {103, 1}},
      {"FLAT_SCR", {102, 2}},
      {"XNACK_MASK_LO", {104, 1}},
      {"XNACK_MASK_HI", {105, 1}},
      {"XNACK_MASK", {104, 2}},
      {"M0", {124, 1}},
      {"SRC_VCCZ", {106, 2}},
      {"SRC_EXECZ", {126, 2}},
  };
  for (const auto &[known, range] : kNamed)
    if (name == known)
      return range;
  static constexpr std::pair<std::string_view, std::uint16_t> kFiles[] = {
      {"SGPR", 0}, {"TTMP", 108}, {"VGPR", kVgpr}, {"AGPR", kAgpr}};
  for (const auto &[file, base] : kFiles) {
    if (!name.starts_with(file) || !std::isdigit(name[file.size()]))
      continue;
    unsigned first = 0;
    for (std::size_t at = file.size(); at < name.size() && std::isdigit(name[at]); ++at)
      first = first * 10 + static_cast<unsigned>(name[at] - '0');
    std::uint16_t count = 0;
    for (std::size_t at = 0; at != std::string_view::npos; at = name.find(file, at + 1))
      ++count;
    return RegisterRange{static_cast<std::uint16_t>(base + first), count};
  }
  return std::nullopt;
}

} // namespace

bool killsLlvm(std::span<const std::uint32_t> words) {
  std::uint32_t w = words[0], v = words[1];
  auto is = [](std::uint32_t word, int low, std::uint32_t mask, std::uint32_t value) {
    return (word >> low & mask) == value;
  };
  // v_mfma_f32_*_f8f6f4, alone or after v_mfma_ld_scale_b32: A and B are narrowed by their formats
  // without a look whether they are vector registers.
  auto narrows = [&](std::uint32_t first, std::uint32_t second) {
    return (is(first, 16, 0xffff, 0xd3ad) || is(first, 16, 0xffff, 0xd3ae)) &&
           !(is(second, 8, 1, 1) && is(second, 17, 1, 1));
  };
  if (narrows(w, v) ||
      (is(w, 16, 0xffff, 0xd3ac) && words.size() > 3 && narrows(words[2], words[3])))
    return true;
  // v_madmk_f16, v_madak_f16: takes the constant 255 for the mark of yet another literal.
  if ((is(w, 25, 0x7f, 36) || is(w, 25, 0x7f, 37)) && v == 255)
    return true;
  // SDWA: has no name for the reserved selections.
  bool sdwa = w >> 31 == 0 && (w & 0x1ff) == 249;
  bool compare = is(w, 25, 0x3f, 0x3e);
  return sdwa &&
         ((!compare && (is(v, 8, 7, 7) || is(v, 11, 3, 3))) || is(v, 16, 7, 7) || is(v, 24, 7, 7));
}

struct LlvmDisassembler::State {
  llvm::Triple triple{"amdgcn-amd-amdhsa"};
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCRegisterInfo> registers{target().createMCRegInfo(triple)};
  std::unique_ptr<llvm::MCAsmInfo> assembly{target().createMCAsmInfo(*registers, triple, options)};
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget{
      target().createMCSubtargetInfo(triple, "gfx950", "")};
  std::unique_ptr<llvm::MCInstrInfo> instructions{target().createMCInstrInfo()};
  llvm::MCContext context{triple, assembly.get(), registers.get(), subtarget.get()};
  std::unique_ptr<llvm::MCDisassembler> disassembler{
      target().createMCDisassembler(*subtarget, context)};
  std::unique_ptr<llvm::MCInstPrinter> printer{
      target().createMCInstPrinter(triple, 0, *assembly, *instructions, *registers)};
  llvm::MCInst last;
};

LlvmDisassembler::LlvmDisassembler() : state_(std::make_unique<State>()) {}
LlvmDisassembler::LlvmDisassembler(LlvmDisassembler &&) noexcept = default;
LlvmDisassembler::~LlvmDisassembler() = default;

unsigned LlvmDisassembler::decode(std::span<const std::uint32_t> words) {
  std::uint64_t bytes = 0;
  state_->last = {};
  auto status = state_->disassembler->getInstruction(
      state_->last, bytes,
      {reinterpret_cast<const std::uint8_t *>(words.data()), words.size_bytes()}, 0, llvm::nulls());
  return status == llvm::MCDisassembler::Success ? static_cast<unsigned>(bytes / 4) : 0;
}

std::string LlvmDisassembler::text() const {
  std::string printed;
  llvm::raw_string_ostream stream(printed);
  state_->printer->printInst(&state_->last, 0, "", *state_->subtarget, stream);
  std::string result;
  for (char c : printed) {
    bool blank = c == ' ' || c == '\t';
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  while (!result.empty() && result.back() == ' ')
    result.pop_back();
  return result;
}

std::string LlvmDisassembler::opcodeName() const {
  return state_->instructions->getName(state_->last.getOpcode()).str();
}

LlvmRegisters LlvmDisassembler::registers() const {
  LlvmRegisters result;
  const llvm::MCInstrDesc &desc = state_->instructions->get(state_->last.getOpcode());
  auto add = [&](std::vector<RegisterRange> &list, llvm::MCRegister r) {
    if (auto range = rangeOf(state_->registers->getName(r)))
      list.push_back(*range);
  };
  for (unsigned n = 0; n < state_->last.getNumOperands(); ++n) {
    const llvm::MCOperand &operand = state_->last.getOperand(n);
    if (!operand.isReg() || !operand.getReg())
      continue;
    bool is_tied =
        n < desc.getNumOperands() && desc.getOperandConstraint(n, llvm::MCOI::TIED_TO) >= 0;
    add(n < desc.getNumDefs() ? result.writes
        : is_tied             ? result.tied
                              : result.reads,
        operand.getReg());
  }
  for (llvm::MCPhysReg r : desc.implicit_uses())
    if (!std::string_view(state_->registers->getName(r)).starts_with("FLAT_SCR"))
      add(result.reads, r);
  for (llvm::MCPhysReg r : desc.implicit_defs())
    add(result.writes, r);
  return result;
}

} // namespace gemmsmith::emulator
