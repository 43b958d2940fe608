#include "runtime/emulator/trace.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/operands.h"
#include "runtime/emulator/workgroup.h"

#include <bit>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr int kShownLanes = 4;

std::string lanes(const Wave &wave, unsigned r, std::uint64_t exec) {
  std::string text = "[";
  int shown = 0;
  for (std::uint64_t rest = exec; rest; rest &= rest - 1) {
    if (shown++ == kShownLanes)
      return text + " …]";
    int lane = std::countr_zero(rest);
    text += fmt::format("{}{}:{:x}", shown > 1 ? " " : "", lane,
                        wave.vgpr[r][static_cast<std::size_t>(lane)]);
  }
  return text + "]";
}

} // namespace

void Trace::before(const Wave &wave, const Instruction &) {
  exec_ = wave.exec;
}

void Trace::after(const Wave &wave, const Instruction &instruction) {
  auto p = wave.workgroup().position();
  std::string line =
      fmt::format("({},{},{}) w{} {:+#x}  {}  exec={:016x}", p[0], p[1], p[2], wave.index(),
                  wave.offsetOf(instruction), text(instruction), exec_);
  for (const RegisterRange &range : registerUse(instruction).writes())
    for (unsigned code = range.first; code < static_cast<unsigned>(range.first + range.count);
         ++code) {
      line += fmt::format("  {}=", registerName(static_cast<std::uint16_t>(code)));
      if (code >= kVgpr)
        line += lanes(wave, code - kVgpr, exec_);
      else if (code == kExecLo || code == kExecLo + 1)
        line += fmt::format(
            "{:x}", static_cast<std::uint32_t>(code == kExecLo ? wave.exec : wave.exec >> 32));
      else
        line += fmt::format("{:x}", wave.sgpr[code]);
    }
  line += "\n";
  std::fwrite(line.data(), 1, line.size(), file_);
}

} // namespace gemmsmith::emulator
