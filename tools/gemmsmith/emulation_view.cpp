#include "tools/gemmsmith/emulation_view.h"

#include <fmt/format.h>

namespace gemmsmith {
namespace {

OrderedJson findingJson(const emulator::Finding &f) {
  return {{"check", emulator::name(f.check)},
          {"workgroup", f.workgroup},
          {"wave", f.wave},
          {"lane", f.lane},
          {"offset", f.offset},
          {"instruction", f.instruction},
          {"message", f.message},
          {"occurrences", f.occurrences}};
}

} // namespace

std::string emulationText(const emulator::LaunchReport &report, const OrderedJson &outputs,
                          const emulator::Histogram *histogram) {
  const emulator::LaunchStatistics &s = report.statistics;
  std::string text;
  for (const emulator::Finding &f : report.findings)
    text += fmt::format("{}: {}{}\n", emulator::name(f.check), f.str(),
                        f.occurrences > 1 ? fmt::format(" ({} times)", f.occurrences) : "");
  text += fmt::format("workgroups    {}\n", s.workgroups);
  text += fmt::format("instructions  {} by waves, {:.1f} million per second\n", s.wave_instructions,
                      static_cast<double>(s.wave_instructions) / s.seconds / 1e6);
  text += fmt::format("MFMA          {} FLOP, {:.2f} GFLOP/s\n", s.mfma_flops,
                      static_cast<double>(s.mfma_flops) / s.seconds / 1e9);
  text += fmt::format("time          {:.3f} s on the host\n", s.seconds);
  for (const OrderedJson &output : outputs)
    text += fmt::format("output        {}, {} bytes, {} of them never written\n",
                        output["file"].get<std::string>(), output["bytes"].get<std::uint64_t>(),
                        output["unwritten_bytes"].get<std::uint64_t>());
  text += fmt::format("findings      {}\n", report.findings.size());
  if (histogram) {
    text += "\n";
    // Also of workgroups that did not run to their ends, which the statistics leave out.
    double total = 0;
    for (const auto &[mnemonic, count] : histogram->counts())
      total += static_cast<double>(count);
    for (const auto &[mnemonic, count] : histogram->counts())
      text += fmt::format("{:>12}  {:5.1f} %  {}\n", count,
                          100.0 * static_cast<double>(count) / total, mnemonic);
  }
  return text;
}

OrderedJson emulationJson(const emulator::LaunchReport &report, const OrderedJson &outputs,
                          const emulator::Histogram *histogram) {
  const emulator::LaunchStatistics &s = report.statistics;
  OrderedJson json{{"workgroups", s.workgroups},
                   {"wave_instructions", s.wave_instructions},
                   {"mfma_flops", s.mfma_flops},
                   {"seconds", s.seconds},
                   {"error", report.error ? OrderedJson(report.error->str()) : OrderedJson()},
                   {"findings", OrderedJson::array()},
                   {"outputs", outputs}};
  for (const emulator::Finding &f : report.findings)
    json["findings"].push_back(findingJson(f));
  if (histogram) {
    json["histogram"] = OrderedJson::object();
    for (const auto &[mnemonic, count] : histogram->counts())
      json["histogram"][std::string(mnemonic)] = count;
  }
  return json;
}

} // namespace gemmsmith
