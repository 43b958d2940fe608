// Decoding of DS, MUBUF, FLAT, SCRATCH and GLOBAL (CDNA4 ISA 13.4-13.6).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"

namespace gemmsmith::emulator {

void Decoder::ds(std::uint32_t w, std::uint32_t v) {
  name(Format::kDs, bits(w, 24, 17));
  if (i_.mnemonic && bits(w, 16, 16) != i_.operands->gds)
    i_.mnemonic = nullptr;
  bool acc = bits(w, 25, 25) != 0;
  i_.offset0 = static_cast<std::uint8_t>(bits(w, 7, 0));
  i_.offset1 = static_cast<std::uint8_t>(bits(w, 15, 8));
  i_.offset = bits(w, 15, 0);
  i_.address = vgpr(bits(v, 7, 0));
  i_.data = vgprOrAgpr(i_.operands && i_.operands->gds ? bits(v, 7, 0) : bits(v, 15, 8), acc);
  i_.data2 = vgprOrAgpr(bits(v, 23, 16), acc);
  i_.dst = vgprOrAgpr(bits(v, 31, 24), acc);
}

void Decoder::mubuf(std::uint32_t w, std::uint32_t v) {
  name(Format::kMubuf, bits(w, 24, 18));
  i_.sc1 = bits(w, 15, 15) != 0;
  i_.lds = bits(w, 16, 16) != 0;
  i_.nt = bits(w, 17, 17) != 0;
  bufferFields(w, v);
}

void Decoder::mtbuf(std::uint32_t w, std::uint32_t v) {
  name(Format::kMtbuf, bits(w, 18, 15));
  i_.data_format = static_cast<std::uint8_t>(bits(w, 22, 19));
  i_.number_format = static_cast<std::uint8_t>(bits(w, 25, 23));
  i_.sc1 = bits(v, 21, 21) != 0;
  i_.nt = bits(v, 22, 22) != 0;
  bufferFields(w, v);
}

// What MUBUF and MTBUF have in common.
void Decoder::bufferFields(std::uint32_t w, std::uint32_t v) {
  bool acc = bits(v, 23, 23) != 0;
  i_.offset = bits(w, 11, 0);
  i_.offen = bits(w, 12, 12) != 0;
  i_.idxen = bits(w, 13, 13) != 0;
  i_.sc0 = bits(w, 14, 14) != 0;
  i_.address = vgpr(bits(v, 7, 0));
  i_.data = vgprOrAgpr(bits(v, 15, 8), acc);
  i_.dst = i_.data;
  i_.scalar_base = static_cast<std::uint16_t>(bits(v, 20, 16) * 4);
  i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 31, 24));
}

void Decoder::flat(std::uint32_t w, std::uint32_t v) {
  std::uint32_t segment = bits(w, 15, 14);
  Format format = segment == 0   ? Format::kFlat
                  : segment == 1 ? Format::kScratch
                  : segment == 2 ? Format::kGlobal
                                 : Format::kUnknown;
  name(format, bits(w, 24, 18));
  bool acc = bits(v, 23, 23) != 0;
  i_.offset = segment == 0 ? std::int64_t{bits(w, 11, 0)} : signExtend(bits(w, 12, 0), 13);
  i_.sc0 = bits(w, 16, 16) != 0;
  i_.nt = bits(w, 17, 17) != 0;
  i_.sc1 = bits(w, 25, 25) != 0;
  i_.lds = bits(w, 13, 13) != 0; // SVE for scratch
  i_.address = vgpr(bits(v, 7, 0));
  i_.data = vgprOrAgpr(bits(v, 15, 8), acc);
  i_.dst = vgprOrAgpr(bits(v, 31, 24), acc);
  std::uint32_t saddr = bits(v, 22, 16);
  if (segment != 0 && saddr != 0x7f)
    i_.scalar_base = static_cast<std::uint16_t>(saddr);
}

} // namespace gemmsmith::emulator
