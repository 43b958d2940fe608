// Operations on the bytes of a register: permutation, averages, sums of absolute differences,
// saturation to bytes (CDNA4 ISA 12.8, 12.11).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

u32 byteOf(u64 v, int n) {
  return static_cast<u32>(v >> 8 * n) & 0xff;
}
u32 difference(u32 a, u32 b) {
  return a > b ? a - b : b - a;
}

// V_PERM_B32: selector 0-3 take bytes of S1, 4-7 of S0, 8-11 sign bytes, 12 zero, above 0xff.
u32 permute(u32 s0, u32 s1, u32 selector) {
  u64 data = u64{s0} << 32 | s1;
  u32 r = 0;
  for (int b = 0; b < 4; ++b) {
    u32 s = byteOf(selector, b), v;
    if (s < 8)
      v = byteOf(data, static_cast<int>(s));
    else if (s < 12) // the sign of the word s - 8
      v = data >> (16 * (s - 8) + 15) & 1 ? 0xff : 0;
    else
      v = s == 12 ? 0 : 0xff;
    r |= v << 8 * b;
  }
  return r;
}

// Averages of bytes; a set low bit of S2's byte rounds up.
u32 lerp(u32 a, u32 b, u32 c) {
  u32 r = 0;
  for (int n = 0; n < 4; ++n)
    r |= ((byteOf(a, n) + byteOf(b, n) + (byteOf(c, n) & 1)) >> 1) << 8 * n;
  return r;
}

// Sums of absolute differences of bytes; the masked form skips bytes whose reference is 0.
u32 sad8(u32 a, u32 b) {
  u32 sum = 0;
  for (int n = 0; n < 4; ++n)
    sum += difference(byteOf(a, n), byteOf(b, n));
  return sum;
}
u32 maskedSad8(u32 a, u32 reference) {
  u32 sum = 0;
  for (int n = 0; n < 4; ++n)
    if (byteOf(reference, n))
      sum += difference(byteOf(a, n), byteOf(reference, n));
  return sum;
}
u32 sad16(u32 a, u32 b) {
  return difference(a & 0xffff, b & 0xffff) + difference(a >> 16, b >> 16);
}
u32 sadHigh8(u32 a, u32 b) {
  return sad8(a, b) << 16;
}

// D = F(S0, S1) + S2; CLAMP saturates the sum.
template <u32 (*F)(u32, u32)> u32 sumWrapped(u32 a, u32 b, u32 c) {
  return F(a, b) + c;
}
template <u32 (*F)(u32, u32)> u32 sumSaturated(u32 a, u32 b, u32 c) {
  return static_cast<u32>(std::min<u64>(u64{F(a, b)} + c, 0xffffffff));
}
template <u32 (*F)(u32, u32)> void sad(Wave &w, const Instruction &i) {
  i.clamp ? vector<sumSaturated<F>>(w, i) : vector<sumWrapped<F>>(w, i);
}

// Four of them: S0's bytes n to n + 3 against S1, each added to a part of S2.
template <u32 (*F)(u32, u32)> void quadSad16(Wave &w, const Instruction &i) {
  Source<u64> a(w, i, 0), c(w, i, 2);
  Source<u32> b(w, i, 1);
  u64 result[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    result[l] = 0;
    for (int n = 0; n < 4; ++n) {
      u64 sum = F(static_cast<u32>(a[l] >> 8 * n), b[l]) + (c[l] >> 16 * n & 0xffff);
      result[l] |= (i.clamp ? std::min<u64>(sum, 0xffff) : sum & 0xffff) << 16 * n;
    }
  }
  writeResult(w, i, result);
}
void quadSad32(Wave &w, const Instruction &i) {
  if (i.src[2] < kVgpr)
    w.fault(i, "the addends must be four VGPRs");
  Source<u64> a(w, i, 0);
  Source<u32> b(w, i, 1);
  LaneBuffer out[4];
  for (int n = 0; n < 4; ++n) {
    const u32 *c = w.readVgpr(i, static_cast<u16>(i.src[2] + n), w.exec);
    for (int l = 0; l < kLanes; ++l) {
      u64 sum = u64{maskedSad8(static_cast<u32>(a[l] >> 8 * n), b[l])} + c[l];
      out[n].v[l] = static_cast<u32>(i.clamp ? std::min<u64>(sum, 0xffffffff) : sum);
    }
  }
  for (int n = 0; n < 4; ++n)
    writeLanes(w, i, static_cast<u16>(i.dst + n), out[n].v);
}

u32 saturate8(i32 v) {
  return static_cast<u32>(std::clamp(v, 0, 255));
}
u32 saturateSigned8(i32 v) {
  return static_cast<u32>(std::clamp(v, -128, 127)) & 0xff;
}

// Two shifted and saturated bytes go to the half of D that OP_SEL[3] names; the other half stays,
// defined or not.
template <u32 (*F)(i32)> void shiftToBytes(Wave &w, const Instruction &i) {
  Source<i32> a(w, i, 0), b(w, i, 1);
  Source<u32> c(w, i, 2);
  unsigned r = i.dst - kVgpr;
  const u32 *old = w.vgpr[r < kVgprs ? r : 0].data();
  bool high = i.op_sel >> 3 & 1;
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    u32 pair = F(a[l] >> (c[l] & 31)) | F(b[l] >> (c[l] & 31)) << 8;
    out.v[l] = high ? pair << 16 | (old[l] & 0xffff) : pair | (old[l] & 0xffff0000);
  }
  writeLanes(w, i, i.dst, out.v);
}

const Semantics kTable[] = {
    {"v_perm_b32", vector<permute>, 3},
    {"v_alignbyte_b32", vector<[](u32 a, u32 b, u32 c) {
       return (static_cast<u32>((u64{a} << 32 | b) >> 8 * (c & 3)));
     }>,
     3},
    {"v_lerp_u8", vector<lerp>, 3},
    {"v_sad_u8", sad<sad8>, 3},
    {"v_sad_hi_u8", sad<sadHigh8>, 3},
    {"v_sad_u16", sad<sad16>, 3},
    {"v_sad_u32", sad<difference>, 3},
    {"v_msad_u8", sad<maskedSad8>, 3},
    {"v_qsad_pk_u16_u8", quadSad16<sad8>, 3},
    {"v_mqsad_pk_u16_u8", quadSad16<maskedSad8>, 3},
    {"v_mqsad_u32_u8", quadSad32, 3},
    {"v_sat_pk_u8_i16", vector<[](u32 a) {
       return saturate8(static_cast<i16>(a)) | saturate8(static_cast<i16>(a >> 16)) << 8;
     }>,
     1},
    {"v_ashr_pk_i8_i32", shiftToBytes<saturateSigned8>, 3},
    {"v_ashr_pk_u8_i32", shiftToBytes<saturate8>, 3},
};

} // namespace

std::span<const Semantics> vectorByteSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
