#include "runtime/emulator/checks.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr std::array<std::string_view, kCheckCount> kNames = {
    "waits",   "uninitialized", "bounds",      "lds-races", "barriers",
    "hazards", "empty-exec",    "stale-reads", "deadlock"};

} // namespace

std::string_view name(Check check) {
  return kNames[static_cast<std::size_t>(check)];
}

std::optional<Check> parseCheck(std::string_view text) {
  for (std::size_t n = 0; n < kCheckCount; ++n)
    if (kNames[n] == text)
      return static_cast<Check>(n);
  return std::nullopt;
}

Expected<Checks> parseChecks(std::string_view list) {
  if (list == "all")
    return Checks();
  if (list == "none")
    return Checks::none();
  bool excluding = list.starts_with('-');
  Checks checks = excluding ? Checks() : Checks::none();
  for (std::size_t at = 0; at <= list.size();) {
    std::size_t comma = std::min(list.find(',', at), list.size());
    std::string_view item = list.substr(at, comma - at);
    at = comma + 1;
    std::string_view known = item;
    if (known.starts_with('-') == excluding && excluding)
      known.remove_prefix(1);
    auto check = parseCheck(known);
    if (!check) {
      std::string message(item);
      message += " is not a check; there are ";
      for (std::string_view each : kNames)
        message.append(each).append(", ");
      return makeError(ErrorKind::kUsage,
                       message + "'all' and 'none'; with - before each name, all but these");
    }
    checks.set(*check, !excluding);
  }
  return checks;
}

std::string Finding::str() const {
  return fmt::format("kernel {}, workgroup ({}, {}, {}), wave {}{}, at {:+#x} `{}`: {}", kernel,
                     workgroup[0], workgroup[1], workgroup[2], wave,
                     lane >= 0 ? fmt::format(", lane {}", lane) : "", offset, instruction, message);
}

} // namespace gemmsmith::emulator
