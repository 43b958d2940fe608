// Another program launches from `gemmsmith plan --json` and the object alone: nothing here knows
// the argument layout, the grid or the workspace.
#include "runtime/emulator/device.h"
#include "tests/tools/program.h"

#include <bit>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace gemmsmith {
namespace {

using emulator::DevicePointer;
using nlohmann::json;

constexpr int kM = 37;
constexpr int kN = 88;
constexpr int kK = 1024;

// Small integers, exact in bf16 and, summed, in fp32.
int elementA(int row, int k) {
  return (row * 7 + k * 3) % 5 - 2;
}
int elementB(int row, int k) {
  return (row * 5 + k * 11) % 7 - 3;
}
int elementBias(int column) {
  return column % 9 - 4;
}

std::uint16_t toBf16(int value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 16);
}

template <typename Element>
std::vector<std::uint16_t> matrix(int rows, int columns, Element element) {
  std::vector<std::uint16_t> values;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      values.push_back(toBf16(element(r, c)));
  return values;
}

class PlanLaunch : public ::testing::Test {
protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("plan_launch." + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), GEMMSMITH);
    const ProgramResult result = runProgram(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  std::filesystem::path directory_;
};

TEST_F(PlanLaunch, JsonAndObjectAreEnoughToLaunchASplitKernelWithBias) {
  const std::string table = directory_ / "one.csv";
  writeFile(table,
            "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,splitK,us,"
            "kernelName\n"
            "gfx950,256,37,88,1024,True,torch.bfloat16,torch.float32,False,False,gemmsmith,,3,,"
            "gemm_gfx950_bf16_f32_ring_t32x64x64_s3_w1x2x1_splitk_bias\n");
  run({"build", table, "-o", directory_ / "objects"});
  const json plan = json::parse(run({"plan", "--m", "37", "--n", "88", "--k", "1024", "--bias",
                                     "--out-dtype", "f32", "--table", table, "--json"}));
  ASSERT_EQ(plan["splits"], 3);

  emulator::Device device;
  const std::string file = readFile(directory_ / "objects" / plan["object"].get<std::string>());
  auto module = device.load(std::as_bytes(std::span(file)));
  ASSERT_TRUE(module) << module.error().str();

  const auto upload = [&](DevicePointer to, const std::vector<std::uint16_t> &values) {
    ASSERT_TRUE(device.write(to, std::as_bytes(std::span(values))));
  };
  std::vector<std::byte> arguments(plan["kernarg_bytes"].get<std::size_t>());
  DevicePointer output = 0;
  for (const json &argument : plan["arguments"]) {
    std::uint64_t bits = 0;
    if (argument["kind"] == "by_value") {
      bits = argument["value"].get<std::uint64_t>();
    } else {
      bits = device.allocate(argument["bytes"].get<std::uint64_t>()).value();
      const std::string buffer = argument["buffer"];
      if (buffer == "A")
        upload(bits, matrix(kM, kK, elementA));
      else if (buffer == "B")
        upload(bits, matrix(kN, kK, elementB));
      else if (buffer == "bias")
        upload(bits, matrix(1, kN, [](int, int column) { return elementBias(column); }));
      else if (buffer == "workspace")
        ASSERT_TRUE(device.write(
            bits, std::vector<std::byte>(plan["workspace_zero_bytes"].get<std::size_t>())));
      else
        output = bits;
    }
    std::memcpy(arguments.data() + argument["offset"].get<std::size_t>(), &bits,
                argument["size"].get<std::size_t>());
  }
  const auto dim3 = [](const json &d) { return Dim3{d[0], d[1], d[2]}; };
  emulator::LaunchParameters launch;
  launch.grid = dim3(plan["grid"]);
  launch.block = dim3(plan["block"]);
  launch.arguments = arguments;
  const auto launched = device.launch(**module, plan["kernel"].get<std::string>(), launch);
  ASSERT_TRUE(launched) << launched.error().str();

  std::vector<float> c(std::size_t{kM} * kN);
  ASSERT_TRUE(device.read(output, std::as_writable_bytes(std::span(c))));
  for (int row = 0; row < kM; ++row)
    for (int column = 0; column < kN; ++column) {
      int expected = elementBias(column);
      for (int k = 0; k < kK; ++k)
        expected += elementA(row, k) * elementB(column, k);
      ASSERT_EQ(c[static_cast<std::size_t>(row) * kN + column], static_cast<float>(expected))
          << "row " << row << ", column " << column;
    }
}

} // namespace
} // namespace gemmsmith
