// Whether the fields of an instruction name operands that its opcode takes (CDNA4 ISA 5.2, 6.2).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"
#include "runtime/emulator/operands.h"

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

constexpr std::uint16_t kScalarRegisters = 102, kTrapFirst = 108, kTrapLast = 123;

// Tuples of vector registers start at even numbers (CDNA4 ISA 3.6.4). Those of scalar registers
// start at multiples of 2 or 4; like LLVM's disassembler, we take the field's low bits as zero.
bool fitRegisters(std::uint16_t &code, unsigned dwords) {
  if (code >= kVgpr) {
    unsigned r = (code - kVgpr) % 256u;
    return r + dwords <= 256 && (dwords == 1 || r % 2 == 0);
  }
  if (code >= 128)
    return false;
  if (dwords == 1)
    return true;
  unsigned mask = dwords == 2 ? ~1u : ~3u;
  if (code < kScalarRegisters) {
    code = static_cast<std::uint16_t>(code & mask);
    return code + dwords <= kScalarRegisters;
  }
  if (code >= kTrapFirst && code <= kTrapLast) {
    code = static_cast<std::uint16_t>(kTrapFirst + ((code - kTrapFirst) & mask));
    return code + dwords <= kTrapLast + 1u;
  }
  return dwords == 2 && code != kM0 && (code == kNull || code % 2 == 0);
}

bool isConstant(std::uint16_t code) {
  return (code >= 128 && code <= 208) || (code >= 240 && code <= 248) || code == kLiteral;
}

// Readable by SALU and VALU though no register or constant; 230 and 231 are known to LLVM only.
bool isSpecialSource(std::uint16_t code) {
  return code == 230 || code == 231 || (code >= kSharedBase && code <= 239) ||
         (code >= kVccz && code <= kSccCode);
}

bool fitSource(std::uint16_t &code, const OperandShape &shape, unsigned dwords) {
  bool vector = code >= kVgpr && code < kAgpr, scalar = code < 128;
  switch (shape.kind) {
  case Kind::kVgpr:
    return vector && fitRegisters(code, dwords);
  case Kind::kAgpr:
    return code >= kAgpr && fitRegisters(code, dwords);
  case Kind::kEither:
    return code >= kVgpr && fitRegisters(code, dwords);
  case Kind::kMatrix:
    return (isConstant(code) && code != kLiteral) || (code >= kVgpr && fitRegisters(code, dwords));
  case Kind::kSgpr:
    return scalar && fitRegisters(code, dwords);
  default:
    return (vector || scalar) ? fitRegisters(code, dwords)
                              : isConstant(code) || isSpecialSource(code);
  }
}

bool fitResult(std::uint16_t &code, const OperandShape &shape) {
  return code == kNoOperand || shape.dwords == 0 || fitSource(code, shape, shape.dwords);
}

} // namespace

bool Decoder::operandsFit() {
  const Operands &o = *i_.operands;
  switch (i_.format) {
  case Format::kSopk:
    return fitResult(i_.dst, o.results[0]) &&
           (o.sources[0].dwords == 0 || fitSource(i_.dst, o.sources[0], o.sources[0].dwords));
  case Format::kSmem:
  case Format::kDs:
  case Format::kMubuf:
  case Format::kMtbuf:
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    return memoryOperandsFit();
  default:
    break;
  }
  if (!fitResult(i_.dst, o.results[0]) || (i_.sdst != kNoOperand && !fitRegisters(i_.sdst, 2)))
    return false;
  for (int s = 0; s < 3; ++s) {
    const OperandShape &shape = o.sources[static_cast<std::size_t>(s)];
    if (i_.src[s] == kNoOperand || shape.dwords == 0 || shape.kind == Kind::kDestination)
      continue;
    if (!fitSource(i_.src[s], shape, static_cast<unsigned>(sourceDwords(i_, s))))
      return false;
  }
  return true;
}

bool Decoder::memoryOperandsFit() {
  const Operands &o = *i_.operands;
  bool to_lds = o.may_lds && i_.lds && i_.format != Format::kScratch;
  if (i_.format == Format::kSmem) {
    for (const OperandShape &shape : o.sources)
      if (shape.dwords &&
          !fitRegisters(shape.kind == Kind::kBase ? i_.scalar_base : i_.dst, shape.dwords))
        return false;
    return o.results[0].dwords == 0 || fitRegisters(i_.dst, o.results[0].dwords);
  }
  bool returns =
      o.results[0].dwords && (i_.format == Format::kDs || !o.sources[0].dwords || i_.sc0);
  if (returns && !to_lds && !fitRegisters(i_.dst, o.results[0].dwords))
    return false;
  std::uint16_t *fields[2] = {&i_.data, &i_.data2};
  int field = 0;
  for (const OperandShape &shape : o.sources)
    if (shape.kind == Kind::kEither && !fitRegisters(*fields[field++], shape.dwords))
      return false;
  if (i_.format == Format::kMubuf || i_.format == Format::kMtbuf)
    return (!i_.offen || !i_.idxen || fitRegisters(i_.address, 2)) &&
           fitRegisters(i_.scalar_base, 4);
  if (i_.format == Format::kFlat || i_.format == Format::kGlobal) {
    if (i_.scalar_base == kNoOperand)
      return fitRegisters(i_.address, 2);
    return fitRegisters(i_.scalar_base, 2);
  }
  return true;
}

} // namespace gemmsmith::emulator
