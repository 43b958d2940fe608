#include "tools/gemmsmith/configs_command.h"

#include "tests/support/temporary_folder.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char *kHeader = "cu_num,M,N,K,libtype,splitK,us,kernelName\n";
constexpr const char *kAsm = "_ZN5aiter39bf16gemm_fp32bf16_tn_32x64_splitk_cleanE";

class ConfigsCommand : public testing::Test {
protected:
  struct Result {
    int code = 0;
    std::string out;
    std::string err;
  };

  std::string write(const std::string &name, const std::string &text) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  static std::string contents(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // `configs` with these words after it.
  static Result run(std::vector<std::string> words) {
    CLI::App app;
    Result result;
    addConfigsCommand(app, result.code);
    std::vector<std::string> reversed(words.rbegin(), words.rend()); // as CLI11 takes them
    reversed.push_back("configs");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      app.parse(reversed);
    } catch (const CLI::ParseError &error) {
      result.code = error.get_exit_code();
    }
    result.out = testing::internal::GetCapturedStdout();
    result.err = testing::internal::GetCapturedStderr();
    return result;
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(ConfigsCommand, CheckSaysWhatBecameOfEveryRowAndCounts) {
  const std::string table = write("t.csv", std::string(kHeader) + "256,16,64,4096,asm,2,9," + kAsm +
                                               "\n80,16,64,4096,torch,0,9,native\n");
  const Result result = run({"check", table});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr(table + ":2: used with changes: gemm_gfx950_bf16_bf16_ring_"));
  EXPECT_THAT(result.out, HasSubstr(table + ":3: refused: the row is for gfx942"));
  EXPECT_THAT(result.out,
              HasSubstr("2 rows, 1 kernels, 0 duplicate shapes, 0 rows for gfx950 refused"));
}

TEST_F(ConfigsCommand, CheckReportsBothOwnersAndStrictRefusesThem) {
  const std::string a = write("a.csv", std::string(kHeader) + "256,16,64,4096,torch,0,9,native\n");
  const std::string b = write("b.csv", std::string(kHeader) + "256,16,64,4096,torch,0,5,native\n");
  const Result lenient = run({"check", a, b});
  EXPECT_EQ(lenient.code, 0);
  EXPECT_THAT(lenient.out, HasSubstr(b + ":2 wins over " + a + ":2"));
  const Result strict = run({"check", "--strict", a, b});
  EXPECT_EQ(strict.code, 1);
  EXPECT_THAT(strict.out, HasSubstr(b + ":2 wins over " + a + ":2"));
  EXPECT_THAT(strict.err, HasSubstr("1 duplicate shapes, which --strict refuses"));
}

TEST_F(ConfigsCommand, CheckFailsOnARefusedRowOfOurTarget) {
  const Result result =
      run({"check", write("t.csv", std::string(kHeader) + "256,16,64,4096,flydsl,2,9,renamed\n")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("1 rows for gfx950 are refused"));
}

TEST_F(ConfigsCommand, CheckGoesOnPastAFileThatIsNoTable) {
  const std::string good =
      write("g.csv", std::string(kHeader) + "256,16,64,4096,torch,0,9,native\n");
  const std::string bad = write("b.csv", "");
  const Result result = run({"check", bad, good});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr(bad + ": the file is empty"));
  EXPECT_THAT(result.out, HasSubstr(good + ":2: used with changes"));
}

TEST_F(ConfigsCommand, JsonReportSurvivesBytesThatAreNoText) {
  const std::string table =
      write("t.csv", std::string(kHeader) + "256,16,64,4096,torch,0,9,nat\xff\xfeve\n");
  const Result result = run({"check", "--json", table});
  const nlohmann::json report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report["rows"].size(), 1u);
  EXPECT_EQ(report["kernels"], 1);
}

TEST_F(ConfigsCommand, ImportWritesATableThatChecksAsWritten) {
  const std::string text = std::string(kHeader) + "256,16,64,4096,asm,2,9," + kAsm + "\n";
  const std::string table = write("t.csv", text);
  const std::string output = (folder_ / "o.csv").string();
  EXPECT_EQ(run({"import", table, "-o", output}).code, 0);
  EXPECT_EQ(contents(table), text);
  EXPECT_THAT(run({"check", output}).out, HasSubstr(output + ":2: used as written"));
}

TEST_F(ConfigsCommand, ImportNeverWritesItsInput) {
  const std::string text = std::string(kHeader) + "256,16,64,4096,torch,0,9,native\n";
  const std::string table = write("t.csv", text);
  fs::create_symlink(table, folder_ / "link.csv");
  for (const std::string &output : {table, (folder_ / "link.csv").string()}) {
    const Result result = run({"import", table, "-o", output});
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr("never written"));
  }
  EXPECT_EQ(contents(table), text);
}

TEST_F(ConfigsCommand, ImportThatFailsLeavesTheOldOutput) {
  const std::string output = write("o.csv", "old");
  const std::string table = write("t.csv", std::string(kHeader) + "256,16,64,4096,flydsl,2,9,x\n");
  EXPECT_EQ(run({"import", table, "-o", output}).code, 1);
  EXPECT_EQ(contents(output), "old");
}

} // namespace
} // namespace gemmsmith
