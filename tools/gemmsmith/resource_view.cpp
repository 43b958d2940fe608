#include "tools/gemmsmith/resource_view.h"

#include "configs/kernel_config.h"
#include "tools/gemmsmith/build_record.h"
#include "tools/gemmsmith/gfx950_model.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gemmsmith {

namespace {

std::string cyclesLine(std::string_view pipe, double clocks, double longest, bool bounds) {
  const int cells = longest > 0 ? static_cast<int>(30 * std::min(clocks / longest, 1.0)) : 0;
  return fmt::format("    {:<5} {:>9.0f}  {}{}\n", pipe, clocks, std::string(cells, '#'),
                     bounds ? "  <- bounds the loop" : "");
}

std::string loopText(const ResourceView &view) {
  const LoopMix &loop = *view.loop;
  std::string text =
      fmt::format("main loop   0x{:x}..0x{:x}, {} instructions per wave and iteration", loop.begin,
                  loop.end, loop.instructions());
  if (view.k_per_iteration > 0)
    text += fmt::format(", K += {:g}", view.k_per_iteration);
  text += "\n  mix       ";
  for (std::size_t i = 0; i < kInstructionClasses; ++i)
    if (loop.count[i] > 0)
      text += fmt::format("{} {}  ", toString(static_cast<InstructionClass>(i)), loop.count[i]);
  const int w = view.waves;
  text +=
      fmt::format("\n  bytes     {} global->LDS, {} global->registers, {} stored, {} LDS read, {} "
                  "LDS written (workgroup)\n",
                  loop.global_to_lds_bytes * w, loop.global_load_bytes * w,
                  loop.global_store_bytes * w, loop.lds_read_bytes * w, loop.lds_write_bytes * w);
  if (!loop.unknown.empty())
    text += fmt::format("  not counted: {}\n", fmt::join(loop.unknown, ", "));

  const LoopCycles &c = view.cycles;
  const double longest = std::max({c.mfma, c.valu, c.salu, c.lds, c.vmem});
  text += "  clocks per iteration\n";
  for (const auto &[pipe, clocks] :
       {std::pair{"mfma", c.mfma}, std::pair{"valu", c.valu}, std::pair{"salu", c.salu},
        std::pair{"lds", c.lds}, std::pair{"vmem", c.vmem}})
    text += cyclesLine(pipe, clocks, longest, c.bound() == pipe);
  text += cyclesLine("l2", c.l2, longest, false) + cyclesLine("hbm", c.hbm, longest, false);
  text += fmt::format("  one workgroup alone: mfma, valu and salu on its fullest SIMD; lds at {} "
                      "B/clk, vmem at {},\n"
                      "  l2 at {} as if L1 always missed, hbm at {} as if every cache did\n",
                      gfx950::kLdsBytesPerClock, gfx950::kL1BytesPerClock, gfx950::kL2BytesPerClock,
                      gfx950::kHbmBytesPerClock);
  return text;
}

OrderedJson loopJson(const ResourceView &view) {
  const LoopMix &loop = *view.loop;
  OrderedJson mix = OrderedJson::object();
  for (std::size_t i = 0; i < kInstructionClasses; ++i)
    mix[std::string(toString(static_cast<InstructionClass>(i)))] = loop.count[i];
  const int w = view.waves;
  const LoopCycles &c = view.cycles;
  return {{"begin", loop.begin},
          {"end", loop.end},
          {"k_per_iteration", view.k_per_iteration},
          {"instructions_per_wave", std::move(mix)},
          {"workgroup_bytes",
           {{"global_to_lds", loop.global_to_lds_bytes * w},
            {"global_to_registers", loop.global_load_bytes * w},
            {"global_stored", loop.global_store_bytes * w},
            {"lds_read", loop.lds_read_bytes * w},
            {"lds_written", loop.lds_write_bytes * w}}},
          {"not_counted", loop.unknown},
          {"workgroup_mfma_flops", loop.mfma_flops * w},
          {"clocks",
           {{"mfma", c.mfma},
            {"valu", c.valu},
            {"salu", c.salu},
            {"lds", c.lds},
            {"vmem", c.vmem},
            {"l2_if_l1_misses", c.l2},
            {"hbm_if_all_miss", c.hbm}}},
          {"bound", c.bound()}};
}

} // namespace

ResourceView viewResources(const ObjectSummary &object, std::string_view disassembly,
                           std::int64_t tile_area) {
  ResourceView view;
  view.kernel = object.kernel;
  view.resources = object.resources;
  view.waves = std::max(1, (object.resources.workgroup_size + kWaveSize - 1) / kWaveSize);
  view.occupancy = occupancyOf(object.resources, view.waves);
  view.loop = findMainLoop(parseDisassembly(disassembly));
  if (!view.loop)
    return view;
  view.cycles = cyclesOf(*view.loop, view.waves);
  if (tile_area > 0)
    view.k_per_iteration = static_cast<double>(view.loop->mfma_flops * view.waves) /
                           (2.0 * static_cast<double>(tile_area));
  return view;
}

std::string resourceText(const ResourceView &view) {
  const KernelResources &r = view.resources;
  const Occupancy &o = view.occupancy;
  std::string text = fmt::format("kernel      {}\n", view.kernel);
  text +=
      fmt::format("registers   {} VGPRs, of which {} AGPRs; {} SGPRs\n", r.vgprs, r.agprs, r.sgprs);
  text += fmt::format("spills      {} VGPRs, {} SGPRs; scratch {} bytes per work-item\n",
                      r.vgpr_spills, r.sgpr_spills, r.scratch_bytes);
  text += fmt::format("LDS         {} bytes\n", r.lds_bytes);
  text += fmt::format("code        {} bytes\n", r.code_bytes);
  text += fmt::format("workgroup   {} threads, {} waves\n", r.workgroup_size, view.waves);
  text += fmt::format("occupancy   {:g} waves per SIMD: {} workgroups per CU, limited by {} (VGPRs "
                      "allow {} waves per SIMD, LDS {} workgroups)\n",
                      o.waves_per_simd, o.workgroups_per_cu, o.limited_by,
                      o.waves_per_simd_by_vgprs, o.workgroups_by_lds);
  text +=
      view.loop ? loopText(view) : "main loop   none found: no backward branch around an MFMA\n";
  return text;
}

OrderedJson resourceJson(const ResourceView &view) {
  const Occupancy &o = view.occupancy;
  OrderedJson json{{"kernel", view.kernel}};
  json.update(resourcesJson(view.resources));
  json["waves"] = view.waves;
  json["occupancy"] = {{"waves_per_simd", o.waves_per_simd},
                       {"workgroups_per_cu", o.workgroups_per_cu},
                       {"waves_per_simd_by_vgprs", o.waves_per_simd_by_vgprs},
                       {"workgroups_by_lds", o.workgroups_by_lds},
                       {"limited_by", o.limited_by}};
  json["main_loop"] = view.loop ? loopJson(view) : OrderedJson(nullptr);
  return json;
}

} // namespace gemmsmith
