// Names of FlyDSL kernels.
//
//   first := "flydsl_gemm" stages "_a" type "_w" type "_" out "_t" M "x" N "x" K "_split_k" splits
//            "_block_m_warp" WM "_block_n_warp" WN [ "_block_k_warp" WK ] "_async_copy" bool
//            "_b_to_lds" bool "_b_preshuffle" bool "_c_to_lds" bool [ "_small_m" option* ] "_" gfx
//   option := "_nr" N | "_pn" N | "_wpe" N | "_ur" N
//   second := "flydsl_hgemm_a" type "_w" type "_" out "_t" M "x" N "x" K "x" stages "_ks" splits
//             "_w" WM "x" WN "x" WK "_bias" 0|1 "_ktail" 0|1 "_gm" N "_p" ("ft"|"ht"|"hti") "_" gfx
#include "configs/launch.h"
#include "configs/legality.h"
#include "configs/name_scanner.h"
#include "configs/public_name.h"

#include <fmt/ranges.h>

namespace gemmsmith {

namespace {

class FlydslParser {
public:
  explicit FlydslParser(std::string_view name) : scanner_(name) {}

  Expected<NamedKernel> parse() {
    const bool good = scanner_.literal("flydsl_hgemm")  ? second()
                      : scanner_.literal("flydsl_gemm") ? first()
                                                        : need(false, "'flydsl_gemm'");
    if (!good || !target())
      return tl::unexpected(*error_);
    kernel_.config.split = kernel_.splits > 1 ? Split::kReduce : Split::kNone;
    const std::vector<std::string> issues = legalityIssues(kernel_.config);
    if (!issues.empty())
      return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(issues, "; ")));
    return kernel_;
  }

private:
  bool first() {
    KernelConfig &c = kernel_.config;
    bool async_copy = true, b_to_lds = true, b_preshuffle = false, c_to_lds = false;
    if (!number("", c.stages) || !types() || !tile() || !number("_split_k", kernel_.splits) ||
        !number("_block_m_warp", c.waves.m) || !number("_block_n_warp", c.waves.n))
      return false;
    if (scanner_.rest().starts_with("_block_k_warp") && !number("_block_k_warp", c.waves.k))
      return false;
    if (!flag("_async_copy", async_copy) || !flag("_b_to_lds", b_to_lds) ||
        !flag("_b_preshuffle", b_preshuffle) || !flag("_c_to_lds", c_to_lds))
      return false;
    c.b_layout = b_preshuffle ? BLayout::kPreshuffled : BLayout::kRowMajor;
    if (!async_copy)
      change("async_copyFalse: operands are copied to LDS asynchronously all the same");
    if (!b_to_lds)
      change("b_to_ldsFalse: B goes through LDS all the same");
    if (c_to_lds)
      change("c_to_ldsTrue: C is stored from registers all the same");
    return !scanner_.literal("_small_m") || smallM();
  }

  // Variants of a kernel for few rows; only the occupancy has a counterpart here.
  bool smallM() {
    change("small_m: the ring kernel is used");
    while (true) {
      int value = 0;
      if (scanner_.rest().starts_with("_wpe")) {
        if (!number("_wpe", kernel_.config.waves_per_eu))
          return false;
        continue;
      }
      bool found = false;
      for (std::string_view option : {"_nr", "_pn", "_ur"}) {
        if (!scanner_.rest().starts_with(option))
          continue;
        if (!number(option, value))
          return false;
        change(fmt::format("small_m option {}{} has no counterpart", option.substr(1), value));
        found = true;
      }
      if (!found)
        return true;
    }
  }

  bool second() {
    KernelConfig &c = kernel_.config;
    int bias = 0, k_tail = 0;
    if (!types() || !tile() || !number("x", c.stages) || !number("_ks", kernel_.splits) ||
        !number("_w", c.waves.m) || !number("x", c.waves.n) || !number("x", c.waves.k) ||
        !number("_bias", bias) || !number("_ktail", k_tail) || !number("_gm", c.group_m))
      return false;
    if (scanner_.literal("_pft"))
      return true;
    if (!scanner_.literal("_phti") && !scanner_.literal("_pht"))
      return need(false, "a pipeline (_pft, _pht or _phti)");
    change("half-tile interleave (pht): the full-tile ring is used, there is no ping-pong yet");
    return true;
  }

  bool types() {
    DataType &a = kernel_.config.in_type;
    DataType b = a;
    DataType out = a; // the row's column is the truth
    return type("_a", a) && type("_w", b) && type("_", out) &&
           need(a == b, "the same type for A and B");
  }

  bool type(std::string_view before, DataType &out) {
    if (!need(scanner_.literal(before), before))
      return false;
    if (scanner_.literal("bf16"))
      out = DataType::kBf16;
    else if (scanner_.literal("f16"))
      out = DataType::kF16;
    else if (scanner_.literal("fp32"))
      out = DataType::kF32;
    else
      return need(false, "a type (bf16, f16 or fp32)");
    return true;
  }

  bool tile() {
    TileShape &t = kernel_.config.tile;
    return number("_t", t.m) && number("x", t.n) && number("x", t.k);
  }

  bool number(std::string_view before, int &out) {
    if (!need(scanner_.literal(before), before))
      return false;
    const std::optional<int> value = scanner_.number();
    out = value.value_or(0);
    return need(value.has_value(), "a number");
  }

  bool flag(std::string_view before, bool &out) {
    if (!need(scanner_.literal(before), before))
      return false;
    out = scanner_.literal("True");
    return need(out || scanner_.literal("False"), "True or False");
  }

  bool target() {
    if (scanner_.literal("_gfx942"))
      kernel_.config.target = Target::kGfx942;
    else if (!scanner_.literal("_gfx950"))
      return need(false, "_gfx950");
    return need(scanner_.done(), "the end of the name") &&
           need(kernel_.splits >= 1 && kernel_.splits <= kMaxSplits, "1 to 65535 splits");
  }

  // Keeps what was expected first.
  bool need(bool holds, std::string_view what) {
    if (!holds && !error_)
      error_ = scanner_.expected(what).value();
    return holds;
  }

  void change(std::string sentence) { kernel_.changes.push_back(std::move(sentence)); }

  NameScanner scanner_;
  NamedKernel kernel_;
  std::optional<Error> error_;
};

} // namespace

Expected<NamedKernel> parseFlydslName(std::string_view name) {
  return FlydslParser(name).parse();
}

} // namespace gemmsmith
