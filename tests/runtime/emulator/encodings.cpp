#include "tests/runtime/emulator/encodings.h"

#include <iterator>

namespace gemmsmith::emulator {
namespace {

using enum FieldKind;

std::uint32_t widthMask(int width) {
  return width == 32 ? ~0u : (std::uint32_t{1} << width) - 1;
}

const std::vector<Field> kVop3Second = {
    {1, 0, 9, kSource},  {1, 9, 9, kSource},  {1, 18, 9, kSource},
    {1, 27, 2, kNumber}, {1, 29, 3, kNumber},
};

std::vector<Field> with(std::vector<Field> first, const std::vector<Field> &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Second words that follow a source of 249 (SDWA), 250 (DPP) or 255 (literal): one list for all.
const std::vector<Field> kExtension = {
    {1, 0, 8, kVector},  {1, 8, 3, kNumber},  {1, 11, 3, kNumber}, {1, 14, 2, kNumber},
    {1, 16, 4, kNumber}, {1, 20, 4, kNumber}, {1, 24, 4, kNumber}, {1, 28, 4, kNumber},
};

const std::vector<Field> kFlatFields =
    with({{0, 0, 13, kNumber}, {0, 13, 1, kNumber}, {0, 16, 2, kNumber}, {0, 25, 1, kNumber}},
         {{1, 0, 8, kVector},
          {1, 8, 8, kVector},
          {1, 16, 7, kScalar},
          {1, 23, 1, kNumber},
          {1, 24, 8, kVector}});

const std::vector<Field> kBufferSecond = {
    {1, 0, 8, kVector},  {1, 8, 8, kVector},  {1, 16, 5, kNumber},
    {1, 21, 2, kNumber}, {1, 23, 1, kNumber}, {1, 24, 8, kScalar},
};

// Literals that are inline constants, for one type or another, or nearly so.
constexpr std::uint32_t kEdgeLiterals[] = {
    0,          1,          64,         65,         0xffffffff, 0xfffffff0, 0xffffffef, 0x3f000000,
    0xbf000000, 0x3f800000, 0xbf800000, 0x40000000, 0xc0000000, 0x40800000, 0xc0800000, 0x3e22f983,
    0x3fe00000, 0xbff00000, 0x40100000, 0x3fc45f30, 0x3800,     0xbc00,     0x4000,     0xc400,
    0x3118,     0x3f80,     0xbf00,     0x4080,     0x3e22,     0x12340000, 0x12343c00, 0x1234fff0,
    0x1234ffef, 0x12343f80, 0xffff3800, 0x80000000};

bool takesLiteral(Format format) {
  return format < Format::kSmem || (format >= Format::kVop1 && format <= Format::kVopc);
}

} // namespace

std::span<const Encoding> encodings() {
  static const std::vector<Encoding> all = {
      {"SOP2", Format::kSop2, 0x80000000, 23, 96,
       with({{0, 0, 8, kScalar}, {0, 8, 8, kScalar}, {0, 16, 7, kScalar}}, kExtension)},
      {"SOPK", Format::kSopk, 0xb0000000, 23, 29,
       with({{0, 0, 16, kNumber}, {0, 16, 7, kScalar}}, kExtension)},
      {"SOP1", Format::kSop1, 0xbe800000, 8, 256,
       with({{0, 0, 8, kScalar}, {0, 16, 7, kScalar}}, kExtension)},
      {"SOPC", Format::kSopc, 0xbf000000, 16, 128,
       with({{0, 0, 8, kScalar}, {0, 8, 8, kScalar}}, kExtension)},
      {"SOPP", Format::kSopp, 0xbf800000, 16, 128, {{0, 0, 16, kNumber}}},
      {"SMEM",
       Format::kSmem,
       0xc0000000,
       18,
       256,
       {{0, 0, 6, kNumber},
        {0, 6, 7, kScalar},
        {0, 13, 1, kNumber},
        {0, 14, 1, kNumber},
        {0, 15, 1, kNumber},
        {0, 16, 1, kNumber},
        {0, 17, 1, kNumber},
        {1, 0, 7, kScalar},
        {1, 7, 14, kNumber},
        {1, 21, 4, kNumber},
        {1, 25, 7, kScalar}}},
      {"VOP2", Format::kVop2, 0, 25, 62,
       with({{0, 0, 9, kSource}, {0, 9, 8, kVector}, {0, 17, 8, kVector}}, kExtension)},
      {"VOPC", Format::kVopc, 0x7c000000, 17, 256,
       with({{0, 0, 9, kSource}, {0, 9, 8, kVector}}, kExtension)},
      {"VOP1", Format::kVop1, 0x7e000000, 9, 256,
       with({{0, 0, 9, kSource}, {0, 17, 8, kVector}}, kExtension)},
      {"VOP3", Format::kVop3, 0xd0000000, 16, 896,
       with({{0, 0, 8, kVector}, {0, 8, 3, kNumber}, {0, 11, 4, kNumber}, {0, 15, 1, kNumber}},
            kVop3Second)},
      {"VOP3P", Format::kVop3p, 0xd3800000, 16, 128,
       with({{0, 0, 8, kVector}, {0, 8, 3, kNumber}, {0, 11, 4, kNumber}, {0, 15, 1, kNumber}},
            kVop3Second)},
      {"DS",
       Format::kDs,
       0xd8000000,
       17,
       256,
       {{0, 0, 8, kNumber},
        {0, 8, 8, kNumber},
        {0, 16, 1, kNumber},
        {0, 25, 1, kNumber},
        {1, 0, 8, kVector},
        {1, 8, 8, kVector},
        {1, 16, 8, kVector},
        {1, 24, 8, kVector}}},
      {"MUBUF", Format::kMubuf, 0xe0000000, 18, 128,
       with({{0, 0, 12, kNumber},
             {0, 12, 2, kNumber},
             {0, 14, 2, kNumber},
             {0, 16, 2, kNumber},
             {0, 25, 1, kNumber}},
            kBufferSecond)},
      {"MTBUF", Format::kMtbuf, 0xe8000000, 15, 16,
       with({{0, 0, 12, kNumber}, {0, 12, 3, kNumber}, {0, 19, 4, kNumber}, {0, 23, 3, kNumber}},
            kBufferSecond)},
      {"FLAT", Format::kFlat, 0xdc000000, 18, 128, kFlatFields},
      {"SCRATCH", Format::kScratch, 0xdc004000, 18, 128, kFlatFields},
      {"GLOBAL", Format::kGlobal, 0xdc008000, 18, 128, kFlatFields},
  };
  return all;
}

const Encoding &encodingOf(const Words &words) {
  for (const Encoding &encoding : encodings()) {
    Words bare = words;
    for (const Field &field : encoding.fields)
      setField(bare, field, 0);
    std::uint32_t opcode = (bare[0] ^ encoding.prefix) >> encoding.opcode_low;
    if (opcode < encoding.opcodes && bare[0] == encoding.firstWord(opcode))
      return encoding;
  }
  return encodings().back();
}

std::vector<std::uint32_t> edgeValues(const Field &field) {
  std::vector<std::uint32_t> values;
  auto range = [&](std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t v = first; v <= last; ++v)
      values.push_back(v);
  };
  if (field.width <= 5 || field.kind == kScalar)
    range(0, widthMask(field.width));
  else if (field.kind == kVector)
    values = {0,   1,   2,   3,   4,   6,   7,   8,   31,  32,  33,  127, 128, 223, 224,
              225, 226, 239, 240, 241, 242, 248, 249, 250, 251, 252, 253, 254, 255};
  else if (field.kind == kSource) {
    range(0, 9);
    range(96, 264);
    values.insert(values.end(),
                  {287, 288, 383, 384, 479, 480, 481, 496, 497, 504, 507, 508, 509, 510, 511});
  } else {
    values.push_back(0);
    for (int b = 0; b < field.width; ++b)
      values.insert(values.end(), {1u << b, widthMask(field.width) & ~(1u << b)});
    values.push_back(widthMask(field.width));
    range(2, 70);
  }
  return values;
}

void setField(Words &words, const Field &field, std::uint32_t value) {
  std::uint32_t mask = widthMask(field.width) << field.low;
  words[field.word] = (words[field.word] & ~mask) | (value << field.low & mask);
}

Words randomWords(const Encoding &encoding, std::uint32_t opcode, std::mt19937_64 &random) {
  Words words{encoding.firstWord(opcode), 0, static_cast<std::uint32_t>(random()),
              static_cast<std::uint32_t>(random())};
  std::uint64_t choice = random();
  // Many opcodes want the fields that they do not use to be 0.
  std::uint64_t bare = (std::uint64_t{1} << (random() & 3)) - 1;
  for (const Field &field : encoding.fields) {
    auto bits = static_cast<std::uint32_t>(random());
    switch (choice & 7) {
    case 0: // uniform
    case 1:
      break;
    case 2: // sparse
      bits &= static_cast<std::uint32_t>(random()) & static_cast<std::uint32_t>(random());
      break;
    case 3: // nearly zero: a valid form of most opcodes
    case 4:
      bits &= field.kind == kNumber ? 0 : ~1u;
      break;
    default: // registers in their places
      if (field.kind == kSource)
        bits = (bits & 0x1fe) | ((bits & 0x3000) ? 0x100 : 0);
      else if (field.kind == kScalar)
        bits = (bits & 0x3000) ? bits & 0x7c : bits;
      else if (field.kind == kVector)
        bits &= (bits & 0x3000) ? ~1u : ~0u;
      else if (field.width > 4)
        bits &= (bits & 0x30000) ? ~0u : 0u;
      else
        bits &= (bits & 0x30000) ? 0u : ~0u;
    }
    setField(words, field, (random() & bare) ? 0 : bits);
    choice = choice >> 3 | choice << 61;
  }
  // A matrix instruction after v_mfma_ld_scale_b32, with the mark that it takes the scales.
  if (encoding.format == Format::kVop3p && opcode == 44 && (random() & 7)) {
    Words matrix = randomWords(encoding, 45 + (random() & 1), random);
    words[2] = matrix[0] | (random() & 7 ? 0x800 : 0);
    words[3] = matrix[1] | (random() & 7 ? 0x20100 : 0);
  }
  if (takesLiteral(encoding.format) && random() % 16 == 0) {
    words[1] = kEdgeLiterals[random() % std::size(kEdgeLiterals)];
    if (random() & 1)
      words[0] |= 0xff;
  }
  return words;
}

} // namespace gemmsmith::emulator
