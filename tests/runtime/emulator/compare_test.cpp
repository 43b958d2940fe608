// Comparisons of floats and integers, and the classes of floats.
#include "tests/runtime/emulator/float_cases.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

// Both forms of a comparison: into vcc, and into s[20:21] with EXEC alike.
void addForms(std::vector<FloatCase> &cases, const std::string &name, const std::string &operands,
              const FloatFunction &expected) {
  cases.push_back(
      {"v_cmp_" + name + "_e32 vcc, " + operands + "\n v_cndmask_b32_e64 v32, 0, 1, vcc", expected,
       kBits32});
  cases.push_back({"v_cmpx_" + name + "_e64 s[20:21], " + operands +
                       "\n s_mov_b64 s[22:23], exec\n s_mov_b64 exec, -1\n"
                       "s_xor_b64 s[24:25], s[22:23], s[20:21]\n"
                       "v_cndmask_b32_e64 v32, 0, 1, s[20:21]\n"
                       "v_cndmask_b32_e64 v34, 0, 2, s[24:25]\n v_or_b32_e32 v32, v32, v34",
                   expected, kBits32});
}

std::string operandsOf(BinaryFormat f) {
  return f.width() == 64 ? "v[4:5], v[6:7]" : "v4, v5";
}
std::string typeOf(BinaryFormat f) {
  return f.width() == 64 ? "f64" : f.width() == 32 ? "f32" : "f16";
}

std::vector<FloatCase> floatComparisons(BinaryFormat f) {
  struct Comparison {
    const char *name;
    bool less, equal, greater, unordered;
  };
  // By the relation of the operands (CDNA4 ISA 12.9, table 60).
  constexpr Comparison kComparisons[] = {
      {"f", false, false, false, false}, {"lt", true, false, false, false},
      {"eq", false, true, false, false}, {"le", true, true, false, false},
      {"gt", false, false, true, false}, {"lg", true, false, true, false},
      {"ge", false, true, true, false},  {"o", true, true, true, false},
      {"u", false, false, false, true},  {"nge", true, false, false, true},
      {"nlg", false, true, false, true}, {"ngt", true, true, false, true},
      {"nle", false, false, true, true}, {"neq", true, false, true, true},
      {"nlt", false, true, true, true},  {"tru", true, true, true, true},
  };
  std::vector<FloatCase> cases;
  for (const Comparison &c : kComparisons)
    addForms(cases, std::string(c.name) + "_" + typeOf(f), operandsOf(f),
             [=](u64 a, u64 b, u64, Round) -> u64 {
               if (isNaN(f, a) || isNaN(f, b))
                 return c.unordered;
               int order = compare(f, a, b);
               return order < 0 ? c.less : order > 0 ? c.greater : c.equal;
             });
  return cases;
}

TEST(FloatComparison, EveryRelationOfEveryFormat) {
  for (BinaryFormat f : {kF16, kF32, kF64})
    checkFloatCases(f, floatComparisons(f));
}
TEST(FloatComparison, FlushedDenormalsAreZeros) {
  for (BinaryFormat f : {kF16, kF32, kF64})
    checkFloatCases(f, floatComparisons(f), {.denormals_32 = 2, .denormals_16_64 = 2});
}
TEST(FloatComparison, ModifiersApplyToOperands) {
  const std::vector<FloatCase> cases = {
      {"v_cmp_lt_f32_e64 vcc, -v4, |v5|\n v_cndmask_b32_e64 v32, 0, 1, vcc",
       [](u64 a, u64 b, u64, Round) -> u64 {
         if (isNaN(kF32, a) || isNaN(kF32, b))
           return 0;
         return compare(kF32, a ^ kF32.sign(), b & ~kF32.sign()) < 0;
       },
       kBits32},
  };
  checkFloatCases(kF32, cases);
}

u64 classOf(BinaryFormat f, u64 v) {
  if (isNaN(f, v))
    return isSignaling(f, v) ? 1 : 2;
  bool negative = v & f.sign();
  if (isInfinite(f, v))
    return negative ? 1 << 2 : 1 << 9;
  if (isZero(f, v))
    return negative ? 1 << 5 : 1 << 6;
  if (isDenormal(f, v))
    return negative ? 1 << 4 : 1 << 7;
  return negative ? 1 << 3 : 1 << 8;
}

TEST(FloatClasses, EachBitAsksForOneAndDenormalsAreSeenInAnyMode) {
  for (BinaryFormat f : {kF16, kF32, kF64}) {
    std::vector<FloatCase> cases;
    std::string value = f.width() == 64 ? "v[4:5]" : "v4";
    for (int bit = 0; bit < 10; ++bit) {
      std::string mask = "v_mov_b32_e32 v40, " + std::to_string(1 << bit) + "\n";
      std::vector<FloatCase> forms;
      addForms(forms, "class_" + typeOf(f), value + ", v40",
               [=](u64 a, u64, u64, Round) { return classOf(f, a) >> bit & 1; });
      for (FloatCase &c : forms) {
        c.code = mask + c.code;
        cases.push_back(c);
      }
    }
    cases.push_back(
        {"v_mov_b32_e32 v40, 0x3d5\n v_cmp_class_" + typeOf(f) + "_e64 vcc, -|" + value +
             "|, v40\n v_cndmask_b32_e64 v32, 0, 1, vcc",
         [=](u64 a, u64, u64, Round) -> u64 { return (classOf(f, a | f.sign()) & 0x3d5) != 0; },
         kBits32});
    checkFloatCases(f, cases);
  }
  // With denormals flushed for everything else; a table's own flushing does not apply here.
  const std::vector<FloatCase> denormals = {
      {"v_mov_b32_e32 v40, 0x90\n v_mov_b32_e32 v41, 0x80000007\n"
       "v_cmp_class_f32_e32 vcc, v41, v40\n v_cndmask_b32_e64 v32, 0, 1, vcc",
       [](u64, u64, u64, Round) -> u64 { return 1; }, kBits32},
      {"v_mov_b32_e32 v40, 0x90\n v_mov_b32_e32 v41, 0x3ff\n"
       "v_cmp_class_f16_e32 vcc, v41, v40\n v_cndmask_b32_e64 v32, 0, 1, vcc",
       [](u64, u64, u64, Round) -> u64 { return 1; }, kBits32},
      {"v_mov_b32_e32 v40, 0x90\n v_mov_b32_e32 v42, 1\n v_mov_b32_e32 v43, 0\n"
       "v_cmp_class_f64_e32 vcc, v[42:43], v40\n v_cndmask_b32_e64 v32, 0, 1, vcc",
       [](u64, u64, u64, Round) -> u64 { return 1; }, kBits32},
  };
  checkFloatCases(kF32, denormals, {.denormals_32 = 0, .denormals_16_64 = 0});
}

template <typename T> std::vector<FloatCase> integerComparisons(const std::string &type) {
  struct Comparison {
    const char *name;
    bool less, equal, greater;
  };
  constexpr Comparison kComparisons[] = {
      {"f", false, false, false}, {"lt", true, false, false}, {"eq", false, true, false},
      {"le", true, true, false},  {"gt", false, false, true}, {"ne", true, false, true},
      {"ge", false, true, true},  {"t", true, true, true},
  };
  std::vector<FloatCase> cases;
  for (const Comparison &c : kComparisons)
    addForms(cases, std::string(c.name) + "_" + type, sizeof(T) == 8 ? "v[4:5], v[6:7]" : "v4, v5",
             [=](u64 a, u64 b, u64, Round) -> u64 {
               auto x = static_cast<T>(a), y = static_cast<T>(b);
               return x < y ? c.less : x > y ? c.greater : c.equal;
             });
  return cases;
}

TEST(IntegerComparison, EveryRelationOfEveryWidth) {
  // The bits of floats are as good as any.
  checkFloatCases(kF16, integerComparisons<std::int16_t>("i16"));
  checkFloatCases(kF16, integerComparisons<std::uint16_t>("u16"));
  checkFloatCases(kF32, integerComparisons<std::int32_t>("i32"));
  checkFloatCases(kF32, integerComparisons<std::uint32_t>("u32"));
  checkFloatCases(kF64, integerComparisons<std::int64_t>("i64"));
  checkFloatCases(kF64, integerComparisons<std::uint64_t>("u64"));
}

} // namespace
} // namespace gemmsmith::emulator
