// One decoded instruction: what the executing loop needs, in the order it needs it.
//
// Operand codes are those of the 9-bit source field (CDNA4 ISA 5.2, 6.2): 0-127 scalar registers,
// 128-208 and 240-248 inline constants, 255 a literal, 256-511 vector registers; on top of these,
// 512-767 are accumulation registers.
#pragma once

#include <cstdint>

namespace gemmsmith::emulator {

class Wave;
struct Instruction;
struct Operands; // opcode_entries.h

using Handler = void (*)(Wave &, const Instruction &);

enum class Format : std::uint8_t {
  kUnknown,
  kSop1,
  kSop2,
  kSopk,
  kSopc,
  kSopp,
  kSmem,
  kVop1,
  kVop2,
  kVopc,
  kVop3,
  kVop3p,
  kDs,
  kMubuf,
  kMtbuf,
  kFlat,
  kScratch,
  kGlobal,
};

// Operand codes with a meaning of their own.
inline constexpr std::uint16_t kVccLo = 106, kM0 = 124, kNull = 125, kExecLo = 126,
                               kSharedBase = 235, kSharedLimit = 236, kPrivateBase = 237,
                               kPrivateLimit = 238, kSdwaCode = 249, kDppCode = 250, kVccz = 251,
                               kExecz = 252, kSccCode = 253, kLdsDirect = 254, kLiteral = 255,
                               kVgpr = 256, kAgpr = 512, kNoOperand = 0xffff;

struct Dpp {
  std::uint16_t control = 0; // 9 bits
  std::uint8_t row_mask = 0xf;
  std::uint8_t bank_mask = 0xf;
  bool bound_ctrl = false;
};

struct Sdwa {
  std::uint8_t select[2] = {6, 6}; // 0-3 byte, 4-5 word, 6 dword
  bool sign_extend[2] = {false, false};
  std::uint8_t destination = 6;
  std::uint8_t unused = 0; // 0 zero, 1 sign-extend, 2 preserve
};

struct Instruction {
  Handler execute = nullptr;
  const char *mnemonic = nullptr; // null: not an instruction
  const Operands *operands = nullptr;
  std::int64_t offset = 0; // SIMM16, memory offset, or branch distance in dwords
  std::uint32_t literal = 0;
  std::uint16_t opcode = 0;
  std::uint16_t dst = kNoOperand;
  std::uint16_t sdst = kNoOperand; // second, scalar destination: carry, compare mask
  std::uint16_t src[3] = {kNoOperand, kNoOperand, kNoOperand};
  Format format = Format::kUnknown;
  std::uint8_t dwords = 1;
  std::uint8_t sources = 0;
  std::uint8_t negate = 0, absolute = 0, negate_high = 0;
  std::uint8_t op_sel = 0, op_sel_hi = 0;
  std::uint8_t omod = 0;
  std::uint8_t cbsz = 0, abid = 0, blgp = 0;
  // v_mfma_scale_*: the registers with the scales of A and B, and which of their bytes (2 bits
  // each: low bit in `select`, high bit in `select_hi`, A first).
  std::uint16_t scale[2] = {kNoOperand, kNoOperand};
  std::uint8_t scale_select = 0, scale_select_hi = 0;
  bool clamp = false;
  bool dpp = false, sdwa = false;
  // memory
  std::uint16_t address = kNoOperand, data = kNoOperand, data2 = kNoOperand;
  std::uint16_t scalar_base = kNoOperand;          // SBASE, SRSRC or SADDR
  std::uint16_t scalar_offset = kNoOperand;        // SOFFSET
  std::uint8_t offset0 = 0, offset1 = 0;           // DS
  std::uint8_t data_format = 0, number_format = 0; // MTBUF
  bool immediate = false;                          // SMEM: `offset` is added to scalar_offset
  bool offen = false, idxen = false, lds = false, sc0 = false, sc1 = false, nt = false;
  std::uint8_t size = 0;            // bytes per lane, for memory semantics
  std::uint32_t address_dwords = 0; // position in the code, in dwords
  std::uint32_t words[2] = {0, 0};  // as encoded, for messages
  Dpp dpp_control;
  Sdwa sdwa_control;
};

} // namespace gemmsmith::emulator
