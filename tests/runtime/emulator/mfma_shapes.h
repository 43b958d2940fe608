// Shapes of matrix instructions and where their elements lie, from CDNA4 ISA 7.1.4, for tests.
#pragma once

#include "tests/runtime/emulator/number_formats.h"

#include <string>

namespace gemmsmith::emulator {

struct Place {
  int lane, item;
};

struct MatrixShape {
  std::string name;
  int n = 0, k = 0, blocks = 1; // M is N in every instruction
  Number a{}, b{}, c{};

  // "v_mfma_f32_32x32x4_2b_bf16", "v_mfma_f32_16x16x32_fp8_bf8", "v_smfmac_…"
  static MatrixShape parse(const std::string &name);

  // The 4 x N tiles of 7.1.4.2, which doubles do without.
  int height() const { return c == Number::kF64 ? 1 : 4; }
  // Registers that hold A, B, and C or D.
  int registersOf(Number format, int k_total) const {
    return n * k_total * blocks / 64 * bitsOf(format) / 32;
  }
  int registersA() const { return registersOf(a, k); }
  int registersB() const { return registersOf(b, k); }
  int registersC() const { return n * n * blocks / 64 * bitsOf(c) / 32; }

  // A[block][row][k], and B[block][k][column] for the column in the row's place.
  Place input(int block, int row, int k) const;
  Place output(int block, int row, int column) const;
};

// "v16" or "v[16:19]"
std::string registerRange(char file, int first, int count);

} // namespace gemmsmith::emulator
