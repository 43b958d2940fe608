// Which roles an instruction plays in the hazard rules, by mnemonic and fields.
#include "runtime/emulator/hazard_rules.h"

#include <algorithm>
#include <string_view>

namespace gemmsmith::emulator {
namespace {

using namespace hazard_role;

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

bool contains(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

bool isValu(Format format) {
  return format == Format::kVop1 || format == Format::kVop2 || format == Format::kVopc ||
         format == Format::kVop3 || format == Format::kVop3p;
}

bool isSalu(Format format) {
  return format == Format::kSop1 || format == Format::kSop2 || format == Format::kSopk ||
         format == Format::kSopc || format == Format::kSopp;
}

// CDNA4 ISA 4.5, "OPSEL or SDWA which changes the result's bit position", and 7.3 for conversions
// to 8 and 4 bits, which write a byte or half of a register.
bool isShifted(const Instruction &i, std::string_view name) {
  if (i.sdwa)
    return i.dst != kNoOperand && i.sdwa_control.destination != 6;
  if (i.format != Format::kVop3)
    return false;
  if (name.starts_with("v_cvt_scalef32_sr_pk_fp4_"))
    return true; // LLVM: even into byte 0
  bool byte = startsWithAny(name, {"v_cvt_sr_fp8_", "v_cvt_sr_bf8_", "v_cvt_scalef32_sr_fp8_",
                                   "v_cvt_scalef32_sr_bf8_", "v_cvt_scalef32_pk_fp4_"});
  return (i.op_sel & (byte ? 0b1100 : 0b1000)) != 0;
}

// CDNA4 ISA 7.1.2 and 7.5, in passes of four clocks: as LLVM 22's scheduling model of gfx950 has
// them.
MatrixSpeed matrixSpeed(const Instruction &i, std::string_view name) {
  if (name.starts_with("v_mfma_f64"))
    return contains(name, "_4x4x") ? kDgemm4x4 : kDgemm16x16;
  if (contains(name, "_4x4x"))
    return name.ends_with("_f32") ? kSgemm2 : kXdl2;
  bool large = contains(name, "_32x32x");
  if (name.starts_with("v_smfmac"))
    return large ? kXdl8 : kXdl4;
  if (name.ends_with("_f8f6f4")) {
    bool eight_bits = i.cbsz < 2 || i.blgp < 2;
    return large ? (eight_bits ? kXdl16 : kXdl8) : (eight_bits ? kXdl8 : kXdl4);
  }
  if (name.ends_with("_f32"))
    return large ? kSgemm16 : kSgemm8;
  // K of 4 or less: the shapes of the first generation, at half the rate.
  bool shallow = contains(name, "x4_") || contains(name, "x2_") || contains(name, "x1_");
  return large ? (shallow ? kXdl16 : kXdl8) : (shallow ? kXdl8 : kXdl4);
}

class Classifier {
public:
  explicit Classifier(const Instruction &i) : i_(i), name_(i.mnemonic) {
    info_.mnemonic = i.mnemonic;
    info_.use = registerUse(i);
    info_.writes = !info_.use.writes().empty();
  }

  HazardInfo run();

private:
  void add(std::uint32_t roles) { info_.roles |= roles; }
  void valu();
  void matrix();
  void memory();
  void salu();
  void rules();
  std::uint64_t registerBits(HazardRegisters own, HazardRegisters other) const;

  // What the instruction reads from `code` on.
  RegisterRange read(std::uint16_t code) const {
    for (const RegisterRange &r : info_.use.reads())
      if (r.first == code)
        return r;
    return {};
  }

  const Instruction &i_;
  std::string_view name_;
  HazardInfo info_;
};

void Classifier::valu() {
  add(kValu | kAnyValu);
  bool transcendental =
      startsWithAny(name_, {"v_exp_", "v_log_", "v_rcp_", "v_rsq_", "v_sqrt_", "v_sin_", "v_cos_"});
  add(transcendental ? kTranscendental : kNotTranscendental);
  add(name_.starts_with("v_dot") ? kDot : kNotDot);
  if (isShifted(i_, name_))
    add(kShifted);
  if (i_.dpp)
    add(kDpp);
  if (name_.starts_with("v_permlane"))
    add(kPermlane);
  if (name_.starts_with("v_div_fmas"))
    add(kDivFmas);
  if (startsWithAny(name_, {"v_fma_f64", "v_fmac_f64"}))
    add(kFma64);
  if (startsWithAny(name_, {"v_readlane", "v_readfirstlane"}))
    add(kReadsLane | kNamesLane);
  if (name_.starts_with("v_writelane"))
    add(kNamesLane);
  bool selects = startsWithAny(name_, {"v_readlane", "v_writelane"});
  bool carry_in = startsWithAny(name_, {"v_addc_", "v_subb_", "v_subbrev_"});
  if (selects) {
    add(kSelectsLane);
    if (i_.src[1] < kExecLo)
      info_.special = {i_.src[1], 1};
  }
  for (int s = 0; s < i_.sources && s < 3; ++s) {
    std::uint16_t code = i_.src[s];
    if (code == kVccz || code == kExecz) {
      add(kReadsZeroFlag);
      info_.special = {code == kVccz ? kVccLo : kExecLo, 2};
    }
    if (code <= kExecLo + 1 && !(selects && s == 1) && !(carry_in && s == 2) && read(code).count)
      info_.constants[info_.constant_count++] = read(code);
    if ((info_.roles & kDot) && s < 2 && code >= kVgpr && read(code).count)
      info_.ab[info_.ab_count++] = read(code);
  }
}

void Classifier::matrix() {
  add(kMatrix | kAnyValu | kNotTranscendental);
  info_.speed = matrixSpeed(i_, name_);
  if (info_.speed <= kXdl16)
    add(kXdl);
  else
    add(kNotXdl);
  if (info_.speed >= kDgemm4x4)
    add(kDouble);
  // Sparse instructions accumulate in D, and the third operand is their index (CDNA4 ISA 7.5).
  std::uint16_t c = name_.starts_with("v_smfmac") ? i_.dst : i_.src[2];
  std::uint16_t size = info_.use.writes().empty() ? 0 : info_.use.writes()[0].count;
  std::size_t position = 0;
  for (const RegisterRange &r : info_.use.reads()) {
    if (position++ >= 2 && r.first == c && r.count == size)
      info_.special = r;
    else if (r.first >= kVgpr)
      info_.ab[info_.ab_count++] = r;
  }
}

void Classifier::memory() {
  add(kMemory);
  if (i_.format == Format::kDs) {
    if (contains(name_, "addtid") || contains(name_, "gws"))
      add(kNeedsM0);
    return;
  }
  add(kVmem);
  if (i_.lds || contains(name_, "_lds_"))
    add(kNeedsM0);
  // CDNA4 ISA 4.5, in the notes.
  bool exempt =
      (i_.format == Format::kMubuf || i_.format == Format::kMtbuf) && i_.scalar_offset < 128;
  if ((contains(name_, "store") || contains(name_, "atomic")) && !exempt &&
      read(i_.data).count > 2) {
    add(kWideStore);
    info_.special = read(i_.data);
  }
}

void Classifier::salu() {
  add(kSalu);
  if (startsWithAny(name_, {"s_sendmsg", "s_ttracedata", "s_movrel"}))
    add(kNeedsM0);
  if (name_.starts_with("s_setreg"))
    add(kSetreg);
  if (name_.starts_with("s_getreg"))
    add(kGetreg);
  info_.hardware_register = static_cast<std::uint8_t>(i_.offset & 63);
  if (name_ == "s_nop")
    info_.wait_states = static_cast<std::uint8_t>((i_.offset & 15) + 1);
}

// The registers of `own`, as far as they can meet those of `other`: a bit for each eight.
std::uint64_t Classifier::registerBits(HazardRegisters own, HazardRegisters other) const {
  if (own == HazardRegisters::kNone)
    return ~std::uint64_t{0};
  RegisterRange mine = domain(own), theirs = domain(other);
  std::uint64_t bits = 0;
  for (const RegisterRange &range : registers(info_, own))
    for (int r = range.first; r < range.first + range.count; ++r) {
      RegisterRange single{static_cast<std::uint16_t>(r), 1};
      if (single.overlaps(mine) && single.overlaps(theirs))
        bits |= std::uint64_t{1} << (r / 8 % 64);
    }
  return bits;
}

void Classifier::rules() {
  std::uint64_t bit = 1;
  for (const HazardRule &rule : hazardRules()) {
    if ((info_.roles & rule.first) == rule.first)
      if (std::uint64_t bits = registerBits(rule.produced, rule.consumed)) {
        info_.first_of |= bit;
        info_.first_registers |= bits;
      }
    if ((info_.roles & rule.second) == rule.second)
      if (std::uint64_t bits = registerBits(rule.consumed, rule.produced)) {
        info_.second_of |= bit;
        info_.second_registers |= bits;
      }
    bit <<= 1;
  }
}

HazardInfo Classifier::run() {
  if (name_.starts_with("v_mfma") || name_.starts_with("v_smfmac"))
    matrix();
  else if (isValu(i_.format))
    valu();
  else if (isSalu(i_.format))
    salu();
  else if (i_.format != Format::kSmem)
    memory();
  rules();
  return info_;
}

} // namespace

HazardInfo hazardInfo(const Instruction &instruction) {
  return instruction.mnemonic ? Classifier(instruction).run() : HazardInfo{};
}

std::vector<HazardInfo> hazardInfo(std::span<const Instruction> code) {
  std::vector<HazardInfo> result;
  result.reserve(code.size());
  for (const Instruction &i : code)
    result.push_back(hazardInfo(i));
  return result;
}

} // namespace gemmsmith::emulator
