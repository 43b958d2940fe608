#include "tests/runtime/emulator/llvm_differences.h"

#include <cctype>
#include <cstdlib>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

bool onlyTheirs(const Readings &r) {
  return r.ours.empty() && !r.theirs.empty();
}

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// Calls f(file, first, last) for each register range such as v[2:5] in a text.
template <typename F> bool anyRange(const std::string &text, F &&f) {
  for (std::size_t at = text.find('['); at != std::string::npos; at = text.find('[', at + 1)) {
    if (at == 0)
      continue;
    char *end = nullptr;
    long first = std::strtol(text.c_str() + at + 1, &end, 10);
    if (*end == ':' && f(text[at - 1], first, std::strtol(end + 1, nullptr, 10)))
      return true;
  }
  return false;
}

bool pastTheEnd(const Readings &r) {
  return onlyTheirs(r) && anyRange(r.theirs, [](char file, long, long last) {
           return ((file == 'v' || file == 'a') && last > 255) || (file == 's' && last > 101);
         });
}

bool oddTuple(const Readings &r) {
  return onlyTheirs(r) && anyRange(r.theirs, [](char file, long first, long) {
           return (file == 'v' || file == 'a') && first % 2 != 0;
         });
}

std::uint32_t field(const Readings &r, int word, int low, int width) {
  return r.words[static_cast<std::size_t>(word)] >> low & ((1u << width) - 1);
}

bool isVector(const Encoding &encoding) {
  return encoding.format >= Format::kVop1 && encoding.format <= Format::kVop3p;
}

bool literalWithoutRoom(const Readings &r) {
  bool vop3 = r.encoding.format == Format::kVop3 || r.encoding.format == Format::kVop3p;
  bool vop3_literal =
      vop3 && (field(r, 1, 0, 9) == 255 || field(r, 1, 9, 9) == 255 || field(r, 1, 18, 9) == 255);
  bool buffer = r.encoding.format == Format::kMubuf || r.encoding.format == Format::kMtbuf;
  return onlyTheirs(r) && (vop3_literal || (buffer && field(r, 1, 24, 8) == 255));
}

bool specialSource(const Readings &r) {
  return onlyTheirs(r) && isVector(r.encoding) &&
         (contains(r.theirs, "src_") || contains(r.theirs, "null"));
}

bool vectorMask(const Readings &r) {
  std::uint32_t op = field(r, 0, 16, 10);
  return onlyTheirs(r) && r.encoding.format == Format::kVop3 &&
         (op == 256 || (op >= 284 && op <= 286)) && field(r, 1, 26, 1) == 1;
}

bool scaleOfNothing(const Readings &r) {
  return onlyTheirs(r) && r.theirs.starts_with("v_mfma_ld_scale_b32") &&
         (r.words[2] >> 16 == 0xd3ad || r.words[2] >> 16 == 0xd3ae);
}

bool nopWithExtension(const Readings &r) {
  std::uint32_t source = field(r, 0, 0, 9);
  return (r.ours == "v_nop" || r.ours == "v_clrexcp") && (source == 249 || source == 250);
}

bool gds(const Readings &r) {
  return onlyTheirs(r) && r.encoding.format == Format::kDs && field(r, 0, 16, 1) == 1;
}

bool flatOffset(const Readings &r) {
  if (r.encoding.format != Format::kFlat || field(r, 0, 12, 1) == 0)
    return false;
  std::uint32_t offset = field(r, 0, 0, 13);
  std::string theirs = fmt::format(" offset:{}", offset);
  std::string ours = offset == 4096 ? "" : fmt::format(" offset:{}", offset - 4096);
  std::size_t at = r.theirs.find(theirs);
  if (at == std::string::npos)
    return false;
  std::string expected = r.theirs;
  return expected.replace(at, theirs.size(), ours) == r.ours;
}

bool smallLiteralK(const Readings &r) {
  std::uint32_t op = field(r, 0, 25, 7);
  bool k = op == 23 || op == 24 || op == 36 || op == 37;
  return k && r.words[1] < 256 && !r.ours.empty();
}

bool accumulationAtomic(const Readings &r) {
  bool flat = r.encoding.format == Format::kFlat || r.encoding.format == Format::kGlobal;
  return r.theirs.empty() && flat && field(r, 1, 23, 1) == 1 && field(r, 0, 16, 1) == 1 &&
         (contains(r.ours, "_atomic_add_f32 a") || contains(r.ours, "_atomic_pk_add_f16 a") ||
          contains(r.ours, "_f64 a"));
}

constexpr Difference kDifferences[] = {
    {"Tuples that run past the last register: LLVM looks at their alignment only; some of them "
     "would "
     "take VGPRs or SGPRs that do not exist on this target.",
     pastTheEnd},
    {"Tuples of vector registers at odd numbers (CDNA4 ISA 3.6.4), which LLVM lets through in the "
     "addresses of typed buffers and in the accumulation forms of atomics.",
     oddTuple},
    {"Literals in VOP3, VOP3P and buffer offsets, which have no room for them (CDNA4 ISA 6.2.1); "
     "LLVM "
     "reads them as later chips do.",
     literalWithoutRoom},
    {"Read-only values (src_scc, src_shared_base, null, …) as destinations and where only vector "
     "registers "
     "can stand: to LLVM they are members of the register class.",
     specialSource},
    {"Vector registers as the lane mask of v_cndmask and of carries, which are SGPR pairs.",
     vectorMask},
    {"v_mfma_ld_scale_b32 before a matrix instruction with bad operands: LLVM reads it as if it "
     "stood "
     "alone.",
     scaleOfNothing},
    {"v_nop and v_clrexcp, whose source field nobody looks at: to LLVM it may announce DPP or "
     "SDWA.",
     nopWithExtension},
    {"The GDS bit, reserved on CDNA4 (ISA 13.4): LLVM drops it.", gds},
    {"The upper bit of FLAT's offset, which is ignored (CDNA4 ISA 13.6): LLVM prints it.",
     flatOffset},
    {"The constant K of v_fmamk, v_fmaak, v_madmk and v_madak when it is below 256: LLVM 22 takes "
     "it "
     "for an operand code.",
     smallLiteralK},
    {"Some floating-point atomics that return to accumulation registers: LLVM has no such form of "
     "them, "
     "or not with sc1.",
     accumulationAtomic},
};

} // namespace

std::span<const Difference> differences() {
  return kDifferences;
}

} // namespace gemmsmith::emulator
