#include "runtime/emulator/checks.h"

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

std::string Finding::str() const {
  return fmt::format("kernel {}, workgroup ({}, {}, {}), wave {}{}, at +{:#x} `{}`: {}", kernel,
                     workgroup[0], workgroup[1], workgroup[2], wave,
                     lane >= 0 ? fmt::format(", lane {}", lane) : "", offset, instruction, message);
}

} // namespace gemmsmith::emulator
