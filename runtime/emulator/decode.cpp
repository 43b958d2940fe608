// Which encoding a word starts, and what the tables and the semantics add to its fields.
#include "runtime/emulator/decode.h"

#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_tables.h"

namespace gemmsmith::emulator {

Instruction Decoder::run() {
  if (words_.empty())
    return {};
  std::uint32_t w = words_[0];
  i_.words[0] = w;
  if (w >> 31 == 0)
    vop12c(w);
  else if (w >> 30 == 0b10)
    scalar(w);
  else
    wide(w);
  if (i_.dwords > words_.size())
    i_.mnemonic = nullptr; // cut off
  if (i_.mnemonic && !operandsFit())
    i_.mnemonic = nullptr;
  if (!i_.mnemonic) {
    Instruction unknown;
    unknown.words[0] = w;
    unknown.words[1] = words_.size() > 1 ? words_[1] : 0;
    return unknown;
  }
  if (i_.dwords > 1)
    i_.words[1] = words_[1];
  for (const OperandShape &shape : i_.operands->sources)
    i_.sources = static_cast<std::uint8_t>(
        i_.sources +
        (shape.dwords && (shape.kind != OperandShape::Kind::kDestination || i_.src[2] == i_.dst)));
  if (semantics_) {
    i_.execute = semantics_->handler;
    if (semantics_->sources)
      i_.sources = semantics_->sources;
    i_.size = semantics_->size;
  }
  return i_;
}

void Decoder::name(Format format, std::uint32_t opcode) {
  i_.format = format;
  i_.opcode = static_cast<std::uint16_t>(opcode);
  KnownOpcode known = findOpcode(format, opcode);
  if (!known.entry)
    return;
  i_.mnemonic = known.entry->mnemonic;
  i_.operands = &known.entry->operands;
  semantics_ = known.semantics;
}

void Decoder::wide(std::uint32_t w) {
  i_.dwords = 2;
  std::uint32_t v = second();
  switch (w >> 26) {
  case 0b110000:
    return smem(w, v);
  case 0b110100:
    return bits(w, 25, 23) == 0b111 ? vop3p(w, v) : vop3(w, v);
  case 0b110110:
    return ds(w, v);
  case 0b111000:
    return mubuf(w, v);
  case 0b111010:
    return mtbuf(w, v);
  case 0b110111:
    return flat(w, v);
  default:
    return;
  }
}

Instruction decode(std::span<const std::uint32_t> words) {
  return Decoder(words).run();
}

std::vector<Instruction> decodeAll(std::span<const std::uint32_t> words) {
  std::vector<Instruction> result(words.size());
  for (std::size_t at = 0; at < words.size(); ++at) {
    result[at] = decode(words.subspan(at));
    result[at].address_dwords = static_cast<std::uint32_t>(at);
  }
  return result;
}

} // namespace gemmsmith::emulator
