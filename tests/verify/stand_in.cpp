#include "tests/verify/stand_in.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace gemmsmith::verify {

StandIn loadStandIn(const std::string &file, std::string_view options, DataType out_type) {
  StandIn stand_in;
  const auto config =
      parseKernelName(fmt::format("gemm_gfx950_bf16_{}_ring_t16x64x64_s2_w1x1x1{}{}_elem",
                                  toString(out_type), options.empty() ? "" : "_", options));
  EXPECT_TRUE(config);
  stand_in.config = config.value_or(KernelConfig{});
  const char *directory = std::getenv("GEMMSMITH_STAND_INS");
  EXPECT_TRUE(directory) << "GEMMSMITH_STAND_INS is not set: run this test by ctest";
  std::ifstream stream(std::string(directory ? directory : ".") + "/" + file + ".co",
                       std::ios::binary);
  EXPECT_TRUE(stream) << file;
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  stand_in.code_object.resize(bytes.size());
  std::ranges::transform(bytes, stand_in.code_object.begin(),
                         [](char c) { return static_cast<std::byte>(c); });
  return stand_in;
}

} // namespace gemmsmith::verify
