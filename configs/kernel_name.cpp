#include "configs/kernel_name.h"

#include "configs/name_scanner.h"

#include <fmt/format.h>
#include <initializer_list>

namespace gemmsmith {

std::string_view toString(Target target) {
  switch (target) {
  case Target::kGfx942:
    return "gfx942";
  case Target::kGfx950:
    return "gfx950";
  }
  return "unknown";
}

std::string_view toString(DataType type) {
  switch (type) {
  case DataType::kBf16:
    return "bf16";
  case DataType::kF16:
    return "f16";
  case DataType::kF32:
    return "f32";
  }
  return "unknown";
}

std::string_view toString(Family family) {
  switch (family) {
  case Family::kRing:
    return "ring";
  case Family::kPingPong:
    return "pingpong";
  case Family::kSkinny:
    return "skinny";
  }
  return "unknown";
}

namespace {

std::string policyText(CachePolicy policy) {
  std::string text;
  if (policy.sc0)
    text += "sc0";
  if (policy.sc1)
    text += "sc1";
  if (policy.nt)
    text += "nt";
  return text;
}

// Takes the enumerator whose text comes next. No text may be a prefix of an earlier one.
template <typename Enum>
bool scanEnum(NameScanner &scanner, std::initializer_list<Enum> values, Enum &out) {
  for (Enum value : values)
    if (scanner.literal(toString(value))) {
      out = value;
      return true;
    }
  return false;
}

bool scanNumber(NameScanner &scanner, std::string_view before, int &out) {
  if (!scanner.literal(before))
    return false;
  const std::optional<int> value = scanner.number();
  if (value)
    out = *value;
  return value.has_value();
}

bool scanPolicy(NameScanner &scanner, CachePolicy &out) {
  out.sc0 = scanner.literal("sc0");
  out.sc1 = scanner.literal("sc1");
  out.nt = scanner.literal("nt");
  return out != CachePolicy{};
}

// An option's number; the default value has no spelling.
bool scanOption(NameScanner &scanner, int &out) {
  const std::optional<int> value = scanner.number();
  if (value)
    out = *value;
  return value.has_value() && *value != 0;
}

} // namespace

std::string kernelName(const KernelConfig &c) {
  std::string name =
      fmt::format("gemm_{}_{}_{}_{}_t{}x{}x{}_s{}_w{}x{}x{}", toString(c.target),
                  toString(c.in_type), toString(c.out_type), toString(c.family), c.tile.m, c.tile.n,
                  c.tile.k, c.stages, c.waves.m, c.waves.n, c.waves.k);
  if (c.split == Split::kReduce)
    name += "_splitk";
  if (c.group_m != 0)
    name += fmt::format("_gm{}", c.group_m);
  if (c.bias)
    name += "_bias";
  if (c.b_layout == BLayout::kPreshuffled)
    name += "_bpre";
  if (c.cache_a != CachePolicy{})
    name += "_ca" + policyText(c.cache_a);
  if (c.cache_b != CachePolicy{})
    name += "_cb" + policyText(c.cache_b);
  if (c.waves_per_eu != 0)
    name += fmt::format("_wpe{}", c.waves_per_eu);
  if (c.alignment == RowAlignment::kElement)
    name += "_elem";
  return name;
}

Expected<KernelConfig> parseKernelName(std::string_view name) {
  static constexpr auto kTypes = {DataType::kBf16, DataType::kF16, DataType::kF32};
  NameScanner scanner(name);
  KernelConfig c;
  if (!scanner.literal("gemm_"))
    return scanner.expected("'gemm_'");
  if (!scanEnum(scanner, {Target::kGfx942, Target::kGfx950}, c.target) || !scanner.literal("_"))
    return scanner.expected("a target (gfx942_ or gfx950_)");
  if (!scanEnum(scanner, kTypes, c.in_type) || !scanner.literal("_"))
    return scanner.expected("an input type (bf16_, f16_ or f32_)");
  if (!scanEnum(scanner, kTypes, c.out_type) || !scanner.literal("_"))
    return scanner.expected("an output type (bf16_, f16_ or f32_)");
  if (!scanEnum(scanner, {Family::kRing, Family::kPingPong, Family::kSkinny}, c.family))
    return scanner.expected("a family (ring, pingpong or skinny)");
  if (!scanNumber(scanner, "_t", c.tile.m) || !scanNumber(scanner, "x", c.tile.n) ||
      !scanNumber(scanner, "x", c.tile.k))
    return scanner.expected("a tile (_t16x64x128)");
  if (!scanNumber(scanner, "_s", c.stages))
    return scanner.expected("a stage count (_s4)");
  if (!scanNumber(scanner, "_w", c.waves.m) || !scanNumber(scanner, "x", c.waves.n) ||
      !scanNumber(scanner, "x", c.waves.k))
    return scanner.expected("waves (_w1x2x1)");

  // Each at most once and in this order, so that a configuration has one name.
  if (scanner.literal("_splitk"))
    c.split = Split::kReduce;
  if (scanner.literal("_gm") && !scanOption(scanner, c.group_m))
    return scanner.expected("a group of tile rows above 0");
  if (scanner.literal("_bias"))
    c.bias = true;
  if (scanner.literal("_bpre"))
    c.b_layout = BLayout::kPreshuffled;
  if (scanner.literal("_ca") && !scanPolicy(scanner, c.cache_a))
    return scanner.expected("a cache policy of A (sc0, sc1, nt)");
  if (scanner.literal("_cb") && !scanPolicy(scanner, c.cache_b))
    return scanner.expected("a cache policy of B (sc0, sc1, nt)");
  if (scanner.literal("_wpe") && !scanOption(scanner, c.waves_per_eu))
    return scanner.expected("waves per EU above 0");
  if (scanner.literal("_elem"))
    c.alignment = RowAlignment::kElement;
  if (!scanner.done())
    return scanner.expected("the end, or one of _splitk _gm# _bias _bpre _ca# _cb# _wpe# _elem in "
                            "this order,");
  return c;
}

} // namespace gemmsmith
