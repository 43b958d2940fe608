#include "tools/gemmsmith/config_view.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"

#include <fmt/format.h>

namespace gemmsmith {

namespace {

std::string policyText(const CachePolicy &policy) {
  std::string text;
  for (const auto &[set, name] :
       {std::pair{policy.sc0, "sc0"}, std::pair{policy.sc1, "sc1"}, std::pair{policy.nt, "nt"}})
    if (set)
      text += (text.empty() ? "" : " ") + std::string(name);
  return text.empty() ? "default" : text;
}

} // namespace

std::string configText(const KernelConfig &c) {
  std::string text = fmt::format("kernel      {}\n", kernelName(c));
  text += fmt::format("target      {}\n", toString(c.target));
  text += fmt::format("types       {} -> {}\n", toString(c.in_type), toString(c.out_type));
  text += fmt::format("family      {}\n", toString(c.family));
  text += fmt::format("tile        {} x {} x {} (M x N x K)\n", c.tile.m, c.tile.n, c.tile.k);
  text += fmt::format("stages      {}\n", c.stages);
  text += fmt::format("waves       {} x {} x {} (M x N x K), {} threads\n", c.waves.m, c.waves.n,
                      c.waves.k, threadCount(c));
  text +=
      fmt::format("split-K     {}\n", c.split == Split::kReduce ? "reduced in the kernel" : "no");
  text += fmt::format("group M     {}\n", c.group_m);
  text += fmt::format("bias        {}\n", c.bias ? "yes" : "no");
  text += fmt::format("B layout    {}\n",
                      c.b_layout == BLayout::kPreshuffled ? "pre-shuffled" : "row-major");
  text += fmt::format("loads of A  {}\n", policyText(c.cache_a));
  text += fmt::format("loads of B  {}\n", policyText(c.cache_b));
  text += fmt::format("rows        {}\n", c.alignment == RowAlignment::k16Bytes
                                              ? "16-byte aligned, K a multiple of 8"
                                              : "any alignment, any K");
  if (c.waves_per_eu != 0)
    text += fmt::format("waves/EU    {}\n", c.waves_per_eu);
  text += fmt::format("LDS         {} bytes\n", ldsBytes(c));
  return text;
}

OrderedJson configJson(const KernelConfig &c) {
  const auto policy = [](const CachePolicy &p) {
    return OrderedJson{{"sc0", p.sc0}, {"sc1", p.sc1}, {"nt", p.nt}};
  };
  return {{"kernel", kernelName(c)},
          {"target", toString(c.target)},
          {"in_dtype", toString(c.in_type)},
          {"out_dtype", toString(c.out_type)},
          {"family", toString(c.family)},
          {"tile", {{"m", c.tile.m}, {"n", c.tile.n}, {"k", c.tile.k}}},
          {"stages", c.stages},
          {"waves", {{"m", c.waves.m}, {"n", c.waves.n}, {"k", c.waves.k}}},
          {"split", c.split == Split::kReduce ? "reduce" : "none"},
          {"group_m", c.group_m},
          {"bias", c.bias},
          {"b_layout", c.b_layout == BLayout::kPreshuffled ? "preshuffled" : "row_major"},
          {"cache_a", policy(c.cache_a)},
          {"cache_b", policy(c.cache_b)},
          {"waves_per_eu", c.waves_per_eu},
          {"row_alignment", c.alignment == RowAlignment::k16Bytes ? "16_bytes" : "element"},
          {"lds_bytes", ldsBytes(c)}};
}

} // namespace gemmsmith
