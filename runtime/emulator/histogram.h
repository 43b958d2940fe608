// How often a launch executed each instruction.
#pragma once

#include "runtime/emulator/observer.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gemmsmith::emulator {

class Histogram : public Observer {
public:
  void before(const Wave &wave, const Instruction &instruction) override;
  void after(const Wave &, const Instruction &) override {}

  // Mnemonics with how many waves executed them, most frequent first.
  std::vector<std::pair<std::string_view, std::uint64_t>> counts() const;

private:
  std::unordered_map<std::string_view, std::uint64_t> counts_;
};

} // namespace gemmsmith::emulator
