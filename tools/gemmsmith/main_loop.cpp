#include "tools/gemmsmith/main_loop.h"

#include "tools/gemmsmith/gfx950_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace gemmsmith {

namespace {

constexpr int kLanes = 64;

constexpr std::array<std::string_view, kInstructionClasses> kClassNames = {
    "mfma", "valu", "salu", "smem", "lds", "vmem", "branch", "wait", "barrier", "other"};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::uint64_t> parseNumber(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data())
    return std::nullopt;
  return value;
}

bool isVmem(std::string_view m) {
  return m.starts_with("buffer_") || m.starts_with("global_") || m.starts_with("flat_") ||
         m.starts_with("scratch_");
}

// "M" x "N" x "K" in v_mfma_f32_MxNxK_bf16 and its like.
std::optional<std::array<std::int64_t, 3>> mfmaShape(std::string_view mnemonic) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = mnemonic.find('_'); at != std::string_view::npos;
       at = mnemonic.find('_', at + 1)) {
    std::array<std::int64_t, 3> shape{};
    std::size_t p = at + 1;
    std::size_t dimension = 0;
    for (; dimension < 3 && p < mnemonic.size() && digit(mnemonic[p]); ++dimension) {
      const auto [end, error] =
          std::from_chars(mnemonic.data() + p, mnemonic.data() + mnemonic.size(), shape[dimension]);
      if (error != std::errc())
        break;
      p = static_cast<std::size_t>(end - mnemonic.data());
      if (dimension < 2) {
        if (p >= mnemonic.size() || mnemonic[p] != 'x')
          break;
        ++p;
      }
    }
    if (dimension == 3)
      return shape;
  }
  return std::nullopt;
}

// Bytes per lane that a memory mnemonic moves: the number behind the type in its last part.
std::optional<int> bytesPerLane(std::string_view mnemonic) {
  static constexpr std::pair<std::string_view, int> kSizes[] = {
      {"dwordx4", 16}, {"dwordx3", 12}, {"dwordx2", 8}, {"dword", 4}, {"b128", 16},
      {"b96", 12},     {"b64", 8},      {"b32", 4},     {"b16", 2},   {"b8", 1},
      {"short", 2},    {"ushort", 2},   {"sshort", 2},  {"byte", 1},  {"ubyte", 1},
      {"sbyte", 1},    {"u16", 2},      {"i16", 2},     {"u8", 1},    {"i8", 1}};
  // From the back: "ds_read_u16_d16_hi", "ds_read_b64_tr_b16" say the size first and more after it.
  std::optional<int> bytes;
  std::size_t at = 0;
  while (at <= mnemonic.size() && !bytes) {
    const std::size_t end = std::min(mnemonic.find('_', at), mnemonic.size());
    const std::string_view part = mnemonic.substr(at, end - at);
    for (const auto &[name, size] : kSizes)
      if (part == name)
        bytes = size;
    at = end + 1;
  }
  return bytes;
}

bool hasWord(std::string_view operands, std::string_view word) {
  for (std::size_t at = operands.find(word); at != std::string_view::npos;
       at = operands.find(word, at + 1)) {
    const auto boundary = [&](std::size_t i) {
      return i >= operands.size() || operands[i] == ' ' || operands[i] == ',';
    };
    if ((at == 0 || boundary(at - 1)) && boundary(at + word.size()))
      return true;
  }
  return false;
}

void countMfma(const Instruction &instruction, LoopMix &mix) {
  const auto shape = mfmaShape(instruction.mnemonic);
  if (!shape) {
    mix.unknown.push_back(instruction.mnemonic);
    return;
  }
  const std::int64_t flops = 2 * (*shape)[0] * (*shape)[1] * (*shape)[2];
  mix.mfma_flops += flops;
  // The K=16 form runs at half rate: 4 passes like the K=32 form [ISA].
  const bool half_rate = instruction.mnemonic.find("16x16x16") != std::string::npos;
  mix.mfma_clocks += flops / gfx950::kMatrixFlopsPerClock * (half_rate ? 2 : 1);
}

void countLds(const Instruction &instruction, LoopMix &mix) {
  const std::string_view m = instruction.mnemonic;
  const bool read = m.starts_with("ds_read");
  const bool write = m.starts_with("ds_write");
  if (!read && !write)
    return; // swizzles and permutes move registers
  const auto bytes = bytesPerLane(m);
  if (!bytes) {
    mix.unknown.push_back(instruction.mnemonic);
    return;
  }
  const bool two = m.starts_with("ds_read2") || m.starts_with("ds_write2");
  (read ? mix.lds_read_bytes : mix.lds_write_bytes) +=
      std::int64_t{*bytes} * (two ? 2 : 1) * kLanes;
}

void countVmem(const Instruction &instruction, LoopMix &mix) {
  const std::string_view m = instruction.mnemonic;
  const bool load = m.find("_load") != std::string_view::npos;
  const bool store = m.find("_store") != std::string_view::npos;
  if (!load && !store)
    return; // cache maintenance
  const auto bytes = bytesPerLane(m);
  if (!bytes) {
    mix.unknown.push_back(instruction.mnemonic);
    return;
  }
  const std::int64_t moved = std::int64_t{*bytes} * kLanes;
  if (store)
    mix.global_store_bytes += moved;
  else if (m.find("_lds_") != std::string_view::npos || hasWord(instruction.operands, "lds"))
    mix.global_to_lds_bytes += moved;
  else
    mix.global_load_bytes += moved;
}

LoopMix mixOf(std::span<const Instruction> body) {
  LoopMix mix;
  mix.begin = body.front().address;
  mix.end = body.back().address + 4;
  for (const Instruction &instruction : body) {
    const InstructionClass c = classify(instruction.mnemonic);
    ++mix.count[static_cast<std::size_t>(c)];
    if (c == InstructionClass::kMfma)
      countMfma(instruction, mix);
    else if (c == InstructionClass::kLds)
      countLds(instruction, mix);
    else if (c == InstructionClass::kVmem)
      countVmem(instruction, mix);
  }
  std::ranges::sort(mix.unknown);
  const auto repeated = std::ranges::unique(mix.unknown);
  mix.unknown.erase(repeated.begin(), repeated.end());
  return mix;
}

// Where a branch goes: a signed 16-bit count of dwords behind it, printed as a number.
std::optional<std::uint64_t> branchTarget(const Instruction &instruction) {
  const std::string_view operand = trim(instruction.operands);
  const bool negative = operand.starts_with('-');
  const auto value = parseNumber(operand.substr(negative ? 1 : 0), 10);
  if (!value || *value > 0xffff)
    return std::nullopt;
  const auto words =
      static_cast<std::int16_t>(negative ? -static_cast<int>(*value) : static_cast<int>(*value));
  return instruction.address + 4 + static_cast<std::uint64_t>(std::int64_t{words} * 4);
}

struct AddressedLine {
  std::uint64_t address;
  std::string_view code;
};

// "0x1600: CODE", ours, or "CODE // 000000001600: ENCODING", llvm-objdump's.
std::optional<AddressedLine> splitLine(std::string_view line) {
  const auto comment = line.find("//");
  const std::string_view front = trim(line.substr(0, comment));
  const auto front_colon = front.find(':');
  if (front.starts_with("0x") && front_colon != std::string_view::npos) {
    if (const auto address = parseNumber(front.substr(2, front_colon - 2), 16))
      return AddressedLine{*address, trim(front.substr(front_colon + 1))};
    return std::nullopt;
  }
  if (comment == std::string_view::npos)
    return std::nullopt;
  const std::string_view note = trim(line.substr(comment + 2));
  const auto address = parseNumber(note.substr(0, note.find(':')), 16);
  if (!address || note.find(':') == std::string_view::npos)
    return std::nullopt;
  return AddressedLine{*address, front};
}

std::optional<Instruction> parseLine(std::string_view line) {
  const auto split = splitLine(line);
  if (!split || split->code.empty() || split->code.ends_with(':'))
    return std::nullopt;
  const std::string_view code = split->code;

  Instruction instruction;
  instruction.address = split->address;
  const auto space = code.find_first_of(" \t");
  instruction.mnemonic = code.substr(0, space);
  if (space != std::string_view::npos)
    instruction.operands = trim(code.substr(space));
  if (classify(instruction.mnemonic) == InstructionClass::kBranch)
    instruction.target = branchTarget(instruction);
  return instruction;
}

} // namespace

std::string_view toString(InstructionClass c) {
  return kClassNames[static_cast<std::size_t>(c)];
}

InstructionClass classify(std::string_view m) {
  if (m.starts_with("v_mfma") || m.starts_with("v_smfmac"))
    return InstructionClass::kMfma;
  if (m.starts_with("v_"))
    return InstructionClass::kValu;
  if (m.starts_with("ds_"))
    return InstructionClass::kLds;
  if (isVmem(m))
    return InstructionClass::kVmem;
  if (m.starts_with("s_waitcnt"))
    return InstructionClass::kWait;
  if (m.starts_with("s_barrier"))
    return InstructionClass::kBarrier;
  if (m.starts_with("s_branch") || m.starts_with("s_cbranch"))
    return InstructionClass::kBranch;
  if (m.starts_with("s_load") || m.starts_with("s_store") || m.starts_with("s_buffer_") ||
      m.starts_with("s_dcache") || m.starts_with("s_memtime"))
    return InstructionClass::kSmem;
  for (const std::string_view name : {"s_nop", "s_setprio", "s_sleep", "s_endpgm", "s_sethalt",
                                      "s_icache", "s_code_end", "s_trap", "s_sendmsg"})
    if (m.starts_with(name))
      return InstructionClass::kOther;
  if (m.starts_with("s_"))
    return InstructionClass::kSalu;
  return InstructionClass::kOther;
}

std::vector<Instruction> parseDisassembly(std::string_view text) {
  std::vector<Instruction> instructions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto instruction = parseLine(text.substr(0, end)))
      instructions.push_back(std::move(*instruction));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return instructions;
}

int LoopMix::instructions() const {
  int sum = 0;
  for (const int c : count)
    sum += c;
  return sum;
}

std::optional<LoopMix> findMainLoop(const std::vector<Instruction> &instructions) {
  // mfmas[i] = MFMAs among the first i instructions.
  std::vector<int> mfmas(instructions.size() + 1, 0);
  for (std::size_t i = 0; i < instructions.size(); ++i)
    mfmas[i + 1] =
        mfmas[i] + (classify(instructions[i].mnemonic) == InstructionClass::kMfma ? 1 : 0);

  std::size_t best_first = 0;
  std::size_t best_last = 0;
  int best = 0;
  for (std::size_t last = 0; last < instructions.size(); ++last) {
    const auto &target = instructions[last].target;
    if (!target || *target > instructions[last].address)
      continue;
    // Addresses rise within a kernel; several kernels in one file follow one another.
    const auto it = std::ranges::lower_bound(instructions, *target, {}, &Instruction::address);
    const auto first = static_cast<std::size_t>(it - instructions.begin());
    if (first > last)
      continue;
    const int inside = mfmas[last + 1] - mfmas[first];
    const bool shorter = last - first < best_last - best_first;
    if (inside > best || (inside == best && best > 0 && shorter)) {
      best = inside;
      best_first = first;
      best_last = last;
    }
  }
  if (best == 0)
    return std::nullopt;
  return mixOf(std::span(instructions).subspan(best_first, best_last - best_first + 1));
}

} // namespace gemmsmith
