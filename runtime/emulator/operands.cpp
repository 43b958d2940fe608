// Register use from an opcode's operand shapes and the fields of the instruction.
#include "runtime/emulator/operands.h"

#include "runtime/emulator/opcode_entries.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

constexpr RegisterRange kVcc{kVccLo, 2}, kExec{kExecLo, 2}, kM0Register{kM0, 1};

bool isRegister(std::uint16_t code) {
  return (code < 128 && code != kNull) || (code >= kVgpr && code < kAgpr + 256);
}

class Uses {
public:
  explicit Uses(const Instruction &i) : i_(i) {}

  void read(std::uint16_t code, int dwords) {
    if (dwords == 0)
      return;
    if (code == kVccz)
      use_.addRead(kVcc);
    else if (code == kExecz)
      use_.addRead(kExec);
    else if (isRegister(code))
      use_.addRead({code, static_cast<std::uint16_t>(dwords)});
  }
  void write(std::uint16_t code, int dwords) {
    if (isRegister(code) && dwords)
      use_.addWrite({code, static_cast<std::uint16_t>(dwords)});
  }

  RegisterUse run();

private:
  void vectorAndScalar();
  void fieldsOfDst();
  void scalarMemory();
  void lds();
  void buffer();
  void flat();
  void implicit();

  const Instruction &i_;
  RegisterUse use_;
};

// Formats whose source operands are in src.
void Uses::vectorAndScalar() {
  const Operands &o = *i_.operands;
  write(i_.dst, o.results[0].dwords);
  write(i_.sdst, 2);
  for (std::size_t s = 0; s < o.sources.size(); ++s) {
    const OperandShape &shape = o.sources[s];
    if (shape.kind == Kind::kDestination)
      read(i_.dst, shape.dwords);
    else if (s < 3)
      read(i_.src[s], sourceDwords(i_, static_cast<int>(s)));
  }
  if (o.swap) {
    read(i_.dst, 1);
    write(i_.src[0], 1);
  }
  if (i_.sdwa && i_.sdwa_control.unused == 2 && i_.sdwa_control.destination != 6)
    read(i_.dst, 1); // the rest of the register is kept
  for (std::uint16_t scale : i_.scale)
    read(scale, 1);
}

// SOPK: the one register is the destination field, whether it is read or written.
void Uses::fieldsOfDst() {
  const Operands &o = *i_.operands;
  write(i_.dst, o.results[0].dwords);
  read(i_.dst, o.sources[0].dwords);
}

void Uses::scalarMemory() {
  const Operands &o = *i_.operands;
  bool atomic = o.results[0].dwords && o.sources[0].kind == Kind::kSgpr;
  if (!atomic || i_.sc0)
    write(i_.dst, o.results[0].dwords);
  for (const OperandShape &shape : o.sources) {
    if (shape.kind == Kind::kBase) {
      read(i_.scalar_base, shape.dwords);
      read(i_.scalar_offset, 1);
    } else {
      read(i_.dst, shape.dwords);
    }
  }
}

void Uses::lds() {
  const Operands &o = *i_.operands;
  write(i_.dst, o.results[0].dwords);
  const std::uint16_t fields[2] = {i_.data, i_.data2};
  int field = 0;
  for (const OperandShape &shape : o.sources) {
    if (shape.kind == Kind::kVgpr)
      read(i_.address, shape.dwords);
    else if (shape.kind == Kind::kDestination)
      read(i_.dst, shape.dwords);
    else if (shape.dwords)
      read(fields[field++], shape.dwords);
  }
}

// What is loaded, stored or exchanged, and how much of it: MUBUF and FLAT alike.
void Uses::buffer() {
  const Operands &o = *i_.operands;
  bool to_lds = o.may_lds && i_.lds;
  bool atomic = o.results[0].dwords && o.sources[0].kind == Kind::kEither;
  if (!to_lds && (!atomic || i_.sc0))
    write(i_.dst, o.results[0].dwords);
  for (const OperandShape &shape : o.sources) {
    if (shape.kind == Kind::kDestination && !to_lds)
      read(i_.dst, shape.dwords);
    else if (shape.kind == Kind::kEither)
      read(i_.data, shape.dwords);
  }
  if (to_lds || o.lds)
    use_.addRead(kM0Register);
  if (i_.format != Format::kMubuf && i_.format != Format::kMtbuf)
    return;
  if (!o.results[0].dwords && !o.sources[0].dwords)
    return; // cache control
  read(i_.address, i_.offen + i_.idxen);
  read(i_.scalar_base, 4);
  read(i_.scalar_offset, 1);
}

void Uses::flat() {
  buffer();
  if (i_.format == Format::kScratch) {
    read(i_.address, i_.lds ? 1 : 0);
    read(i_.scalar_base, 1);
  } else {
    read(i_.address, i_.scalar_base == kNoOperand ? 2 : 1);
    read(i_.scalar_base, 2);
  }
}

void Uses::implicit() {
  const Operands &o = *i_.operands;
  if (o.m0 || o.set_m0)
    use_.addRead(kM0Register);
  if (o.set_m0)
    use_.addWrite(kM0Register);
  if (o.exec)
    use_.addWrite(kExec);
  if (readsExec(i_))
    use_.addRead(kExec);
  if (o.vcc)
    use_.addRead(kVcc);
}

RegisterUse Uses::run() {
  switch (i_.format) {
  case Format::kSopk:
    fieldsOfDst();
    break;
  case Format::kSmem:
    scalarMemory();
    break;
  case Format::kDs:
    lds();
    break;
  case Format::kMubuf:
  case Format::kMtbuf:
    buffer();
    break;
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    flat();
    break;
  default:
    vectorAndScalar();
  }
  implicit();
  return use_;
}

} // namespace

bool readsExec(const Instruction &i) {
  // Only matrix instructions (CDNA4 ISA 7.1) and those that name their lane work on all lanes.
  return i.operands->reads_exec || i.operands->exec ||
         (i.format >= Format::kVop1 && !i.operands->all_lanes);
}

int sourceDwords(const Instruction &i, int source) {
  const OperandShape &shape = i.operands->sources[static_cast<std::size_t>(source)];
  if (!i.operands->f8f6f4 || source > 1)
    return shape.dwords;
  // CDNA4 ISA 7.2: 32 elements of 8, 6 or 4 bits.
  switch (source == 0 ? i.cbsz : i.blgp) {
  case 2:
  case 3:
    return 6;
  case 4:
    return 4;
  default:
    return 8;
  }
}

RegisterUse registerUse(const Instruction &instruction) {
  return instruction.mnemonic ? Uses(instruction).run() : RegisterUse{};
}

} // namespace gemmsmith::emulator
