#include "runtime/emulator/lanes.h"

namespace gemmsmith::emulator {
namespace {

constexpr std::uint16_t kRowNewBcast = 0x150;

// Which lane a DPP control reads for `lane`, or -1 (CDNA4 ISA 13.3.9 "DPP_CTRL").
int dppSource(std::uint16_t control, int lane) {
  int row = lane & ~15, in_row = lane & 15;
  if (control <= 0xff) // quad_perm
    return (lane & ~3) | (control >> (lane & 3) * 2 & 3);
  int n = control & 15;
  if (control >= 0x101 && control <= 0x10f) // row_shl: from a higher lane
    return in_row + n < 16 ? lane + n : -1;
  if (control >= 0x111 && control <= 0x11f) // row_shr
    return in_row - n >= 0 ? lane - n : -1;
  if (control >= 0x121 && control <= 0x12f) // row_ror
    return row | ((in_row - n) & 15);
  if (control >= kRowNewBcast && control <= kRowNewBcast + 15)
    return row | n;
  switch (control) {
  case 0x130: // wave_shl:1
    return lane + 1 < 64 ? lane + 1 : -1;
  case 0x134: // wave_rol:1
    return (lane + 1) & 63;
  case 0x138: // wave_shr:1
    return lane - 1;
  case 0x13c: // wave_ror:1
    return (lane - 1) & 63;
  case 0x140: // row_mirror
    return row | (15 - in_row);
  case 0x141: // row_half_mirror
    return (lane & ~7) | (7 - (lane & 7));
  case 0x142: // row_bcast:15, lane 15 of the row before
    return row >= 16 ? row - 1 : -1;
  case 0x143: // row_bcast:31
    return lane >= 32 ? 31 : -1;
  default:
    return -2;
  }
}

// The source lane if it may be read: inside the row pattern and active.
int activeSource(Wave &w, const Instruction &i, int lane) {
  int source = dppSource(i.dpp_control.control, lane);
  if (source == -2)
    w.fault(i, "this DPP control is not emulated");
  return source >= 0 && (w.exec >> source & 1) ? source : -1;
}

bool masked(const Dpp &d, int lane) {
  return !(d.row_mask >> lane / 16 & 1) || !(d.bank_mask >> lane / 4 % 4 & 1);
}

std::uint32_t selected(std::uint32_t v, std::uint8_t select, bool sign) {
  if (select < 4) {
    v = v >> select * 8 & 0xff;
    return sign ? static_cast<std::uint32_t>(static_cast<std::int8_t>(v)) : v;
  }
  if (select < 6) {
    v = v >> (select - 4) * 16 & 0xffff;
    return sign ? static_cast<std::uint32_t>(static_cast<std::int16_t>(v)) : v;
  }
  return v;
}

} // namespace

void permuteDpp(Wave &w, const Instruction &i, std::uint16_t code, const std::uint32_t *in,
                std::uint32_t *out) {
  std::uint64_t read = 0;
  for (int l = 0; l < kLanes; ++l) {
    int source = activeSource(w, i, l);
    out[l] = source >= 0 ? in[source] : 0;
    if (source >= 0 && (w.exec >> l & 1) && !masked(i.dpp_control, l))
      read |= std::uint64_t{1} << source;
  }
  w.readVgpr(i, code, read);
}

void permuteDpp64(Wave &w, const Instruction &i, std::uint16_t code, const std::uint32_t *low,
                  const std::uint32_t *high, std::uint32_t *low_out, std::uint32_t *high_out) {
  permuteDpp(w, i, code, low, low_out);
  permuteDpp(w, i, static_cast<std::uint16_t>(code + 1), high, high_out);
}

std::uint64_t dppWriteMask(Wave &w, const Instruction &i) {
  std::uint64_t mask = 0;
  for (int l = 0; l < kLanes; ++l)
    if (!masked(i.dpp_control, l) && (i.dpp_control.bound_ctrl || activeSource(w, i, l) >= 0))
      mask |= std::uint64_t{1} << l;
  return mask;
}

void selectSdwa(const Sdwa &s, int operand, const std::uint32_t *in, std::uint32_t *out) {
  for (int l = 0; l < kLanes; ++l)
    out[l] = selected(in[l], s.select[operand], s.sign_extend[operand]);
}

void mergeSdwa(const Sdwa &s, const std::uint32_t *previous, std::uint32_t *value) {
  if (s.destination > 5)
    return; // the whole dword
  int width = s.destination < 4 ? 8 : 16;
  int shift = s.destination < 4 ? s.destination * 8 : (s.destination - 4) * 16;
  std::uint32_t field = (1u << width) - 1;
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t v = value[l] & field;
    std::uint32_t rest = 0;
    if (s.unused == 2)
      rest = previous[l] & ~(field << shift);
    else if (s.unused == 1 && (v >> (width - 1) & 1))
      rest = shift + width < 32 ? ~0u << (shift + width) : 0;
    value[l] = v << shift | rest;
  }
}

} // namespace gemmsmith::emulator
