// Where we mean to say something else than LLVM's disassembler about the same words, and why.
#pragma once

#include "tests/runtime/emulator/encodings.h"

#include <span>
#include <string>

namespace gemmsmith::emulator {

// One comparison: what each made of the words; empty text: not an instruction.
struct Readings {
  const Encoding &encoding;
  const Words &words;
  std::string ours, theirs;
};

struct Difference {
  const char *reason;
  bool (*applies)(const Readings &readings);
};

std::span<const Difference> differences();

} // namespace gemmsmith::emulator
