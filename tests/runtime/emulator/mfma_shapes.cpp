#include "tests/runtime/emulator/mfma_shapes.h"

#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sstream>
#include <vector>

namespace gemmsmith::emulator {
namespace {

Number numberOf(const std::string &name) {
  for (Number format : {Number::kF64, Number::kF32, Number::kF16, Number::kBf16, Number::kI8,
                        Number::kI32, Number::kFp8, Number::kBf8})
    if (nameOf(format) == name)
      return format;
  ADD_FAILURE() << name;
  return Number::kF32;
}

} // namespace

MatrixShape MatrixShape::parse(const std::string &name) {
  std::vector<std::string> parts;
  std::istringstream in(name);
  for (std::string part; std::getline(in, part, '_');)
    parts.push_back(part);
  MatrixShape shape;
  shape.name = name;
  shape.c = numberOf(parts[2]);
  int m = 0;
  EXPECT_EQ(std::sscanf(parts[3].c_str(), "%dx%dx%d", &m, &shape.n, &shape.k), 3) << name;
  EXPECT_EQ(m, shape.n) << name;
  std::size_t at = 4;
  if (parts[at].back() == 'b') {
    shape.blocks = std::stoi(parts[at]);
    ++at;
  }
  shape.a = shape.b = numberOf(parts[at]);
  if (at + 1 < parts.size())
    shape.b = numberOf(parts[at + 1]);
  return shape;
}

Place MatrixShape::input(int block, int row, int at) const {
  int per_lane = k / (64 / (n * blocks));
  return {row + n * (block + blocks * (at / per_lane)), at % per_lane};
}

Place MatrixShape::output(int block, int row, int column) const {
  int h = height();
  int tile = n * n / h;
  int blocks_per_item = (64 + tile - 1) / tile;
  int rows_per_item = 64 / blocks_per_item / n;
  int groups = n / (h * rows_per_item);
  int item = row % h + h * (row / (h * rows_per_item) + groups * (block / blocks_per_item));
  int lane = column + n * (row / h % rows_per_item + rows_per_item * (block % blocks_per_item));
  return {lane, item};
}

std::string registerRange(char file, int first, int count) {
  return count == 1 ? fmt::format("{}{}", file, first)
                    : fmt::format("{}[{}:{}]", file, first, first + count - 1);
}

} // namespace gemmsmith::emulator
