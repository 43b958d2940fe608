// `gemmsmith emulate` as a program, and how it reads kernel arguments.

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"
#include "tools/gemmsmith/kernel_arguments.h"

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

namespace gemmsmith {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kObject = std::string(EMULATOR_OBJECTS) + "/basics_named.co";

class Emulate : public testing::Test {
protected:
  std::string path(const char *name) const { return folder_.file(name); }
  std::vector<float> randomFloats(std::size_t count) {
    std::uniform_real_distribution<float> values(-1, 1);
    std::vector<float> result(count);
    for (float &v : result)
      v = values(engine_);
    return result;
  }
  static std::string bytesOf(const std::vector<float> &values) {
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)};
  }

  // vector_add on n elements, with further options.
  ProgramResult add(int n, std::vector<std::string> options = {}) {
    a_ = randomFloats(static_cast<std::size_t>(n));
    b_ = randomFloats(static_cast<std::size_t>(n));
    writeFile(path("a"), bytesOf(a_));
    writeFile(path("b"), bytesOf(b_));
    std::vector<std::string> words = {GEMMSMITH,
                                      "emulate",
                                      kObject,
                                      "--kernel",
                                      "vector_add",
                                      "--grid",
                                      std::to_string((n + 255) / 256),
                                      "--block",
                                      "256",
                                      "out:" + path("c") + ":" + std::to_string(4 * n),
                                      "in:" + path("a"),
                                      "in:" + path("b"),
                                      "i32:" + std::to_string(n)};
    words.insert(words.end(), options.begin(), options.end());
    return runProgram(words);
  }

  std::vector<float> a_, b_;

private:
  const TemporaryFolder folder_;
  std::mt19937 engine_{std::random_device()()};
};

TEST_F(Emulate, WithoutKernelItListsKernelsWithTheirArguments) {
  const ProgramResult text = runProgram({GEMMSMITH, "emulate", kObject});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("vector_add"), HasSubstr("block_sum"),
                              HasSubstr("24    4 bytes  by_value       n")));
  const ProgramResult result = runProgram({GEMMSMITH, "emulate", kObject, "--json"});
  const json listed = json::parse(result.out);
  EXPECT_EQ(listed["target"], "gfx950");
  EXPECT_EQ(listed["kernels"][0]["name"], "vector_add");
  EXPECT_EQ(listed["kernels"][0]["arguments"].size(), 4u);
}

TEST_F(Emulate, ResultsArriveInTheOutputFile) {
  const ProgramResult result = add(1000);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("findings      0"), HasSubstr("0 of them never written")));
  const std::string bytes = readFile(path("c"));
  ASSERT_EQ(bytes.size(), 4000u);
  for (std::size_t n = 0; n < 1000; ++n) {
    float c;
    std::memcpy(&c, bytes.data() + 4 * n, 4);
    ASSERT_EQ(c, a_[n] + b_[n]) << n;
  }
}

TEST_F(Emulate, ArgumentsByNameMayComeInAnyOrder) {
  add(64);
  const std::string expected = readFile(path("c"));
  // clang renames pointer arguments of HIP kernels.
  const ProgramResult result =
      runProgram({GEMMSMITH, "emulate", kObject, "--kernel", "vector_add", "--grid", "1,1,1",
                  "--block", "256,1", "n=i32:64", "b.coerce=in:" + path("b"),
                  "c.coerce=out:" + path("named") + ":256", "a.coerce=in:" + path("a")});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(readFile(path("named")), expected);
}

TEST_F(Emulate, FindingsAreReportedAndFailTheCommand) {
  writeFile(path("a"), std::string(400, '\0'));
  const auto run = [&](const char *checks) {
    return runProgram({GEMMSMITH, "emulate", kObject, "--kernel", "vector_add", "--grid", "1",
                       "--block", "256", "--checks", checks, "out:" + path("c") + ":1024",
                       "in:" + path("a"), "in:" + path("a"), "i32:256", "--json"});
  };
  const ProgramResult result = run("all");
  EXPECT_EQ(result.exit_code, 1);
  const json report = json::parse(result.out);
  ASSERT_GE(report["findings"].size(), 1u);
  EXPECT_EQ(report["findings"][0]["check"], "bounds");
  EXPECT_EQ(report["findings"][0]["lane"], 36); // of wave 1: element 100
  EXPECT_EQ(run("-bounds").exit_code, 0);
  EXPECT_EQ(run("waits,lds-races").exit_code, 0);
  EXPECT_EQ(run("none").exit_code, 0);
  EXPECT_EQ(run("bounds").exit_code, 1);
  const ProgramResult unknown = run("bound");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("bound is not a check"));
}

TEST_F(Emulate, TraceAndHistogramCountTheSameInstructions) {
  const ProgramResult result = add(256, {"--histogram", "--trace", path("trace"), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json report = json::parse(result.out);
  const std::string trace = readFile(path("trace"));
  EXPECT_EQ(std::ranges::count(trace, '\n'), report["wave_instructions"]);
  std::uint64_t total = 0;
  for (const auto &[mnemonic, count] : report["histogram"].items())
    total += count.get<std::uint64_t>();
  EXPECT_EQ(total, report["wave_instructions"]);
  EXPECT_THAT(trace, AllOf(HasSubstr("(0,0,0) w0 +0x0  s_load"), HasSubstr("s_endpgm")));
}

TEST_F(Emulate, ASampleLeavesTheRestUnwritten) {
  const ProgramResult result = add(2560, {"--sample", "3", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json report = json::parse(result.out);
  EXPECT_EQ(report["workgroups"], 3);
  EXPECT_EQ(report["outputs"][0]["unwritten_bytes"], 7 * 1024);
}

TEST_F(Emulate, WrongRequestsSayWhatIsWrong) {
  const auto error = [&](std::vector<std::string> words, int exit_code, const char *message) {
    words.insert(words.begin(), {GEMMSMITH, "emulate"});
    const ProgramResult result = runProgram(words);
    EXPECT_EQ(result.exit_code, exit_code) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  error({"/nowhere.co"}, 1, "/nowhere.co");
  error({__FILE__}, 1, "");
  error({kObject, "--kernel", "nonsense", "--grid", "1", "--block", "1"}, 2, "has no kernel");
  error({kObject, "--kernel", "vector_add", "--grid", "1"}, 2, "needs --grid and --block");
  error({kObject, "--grid", "1"}, 2, "a launch needs --kernel");
  error({kObject, "--kernel", "vector_add", "--grid", "0", "--block", "64"}, 2, "--grid '0'");
  error({kObject, "--kernel", "vector_add", "--grid", "1,2,3,4", "--block", "64"}, 2,
        "is not X,Y,Z");
  error({kObject, "--kernel", "vector_add", "--grid", "1", "--block", "64", "i32:1"}, 2,
        "take 4 bytes, but the kernel's take 28");
  error({kObject, "--kernel", "vector_add", "--grid", "1", "--block", "64", "u64:0", "u64:0",
         "u64:0", "i32:1", "--trace", "/nowhere/trace"},
        1, "/nowhere/trace");
  error({kObject, "--kernel", "vector_add", "--grid", "1", "--block", "2048", "u64:0", "u64:0",
         "u64:0", "i32:1"},
        2, "2048");
  error({kObject, "--kernel", "vector_add", "--grid", "1", "--block", "64", "in:" + path("."),
         "u64:0", "u64:0", "i32:1"},
        1, "cannot be read: Is a directory");
  error({kObject, "--kernel", "vector_add", "--grid", "1", "--block", "64", "out:c:4", "u64:0",
         "out:c:8", "i32:1"},
        2, "argument 'out:c:8': 'c' is the output of 'out:c:4' already");
}

TEST_F(Emulate, TheHistogramOfAKernelThatIsStoppedAddsUp) {
  const ProgramResult result = add(256, {"--histogram", "--limit", "1", "-j", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("exceeds the limit of 1 instructions"));
  EXPECT_THAT(result.out, HasSubstr("           1  100.0 %  s_load_dword"));
}

// --- the words by themselves

TEST(LaunchArgument, NumbersKeepTheirRange) {
  EXPECT_EQ(parseLaunchArgument("i32:-5")->value.size(), 4u);
  EXPECT_EQ(parseLaunchArgument("u64:0xffffffffffffffff")->value.size(), 8u);
  EXPECT_EQ(parseLaunchArgument("f32:-1.5e-3")->alignment, 4u);
  EXPECT_EQ(parseLaunchArgument("alpha=f32:1")->name, "alpha");
  for (const char *wrong :
       {"i32:2147483648", "i32:0x-5",   "u32:-1",     "i32:",     "i32",
        "f32:x",          "u8:1",       "",           ":",        "=",
        "=i32:1",         "i32:1 ",     "in:",        "out:file", "out:file:",
        "out::4",         "out:file:0", "inout:only", "pad:x",    "pad:999999999"})
    EXPECT_FALSE(parseLaunchArgument(wrong)) << wrong;
  // A path may contain colons and equals signs.
  EXPECT_EQ(parseLaunchArgument("in:a:b=c")->buffer->input, "a:b=c");
  EXPECT_EQ(parseLaunchArgument("out:a:b:16")->buffer->output, "a:b");
}

TEST(LaunchArgument, PlacesFollowNaturalAlignmentAndPadding) {
  KernelMetadata kernel;
  kernel.arguments = {{"p", 0, 8, ArgumentValueKind::kGlobalBuffer, "global_buffer"},
                      {"n", 8, 4, ArgumentValueKind::kByValue, "by_value"},
                      {"q", 16, 8, ArgumentValueKind::kGlobalBuffer, "global_buffer"},
                      {"s", 24, 12, ArgumentValueKind::kByValue, "by_value"}};
  const auto place = [&](std::initializer_list<const char *> words) {
    std::vector<LaunchArgument> arguments;
    for (const char *word : words)
      arguments.push_back(*parseLaunchArgument(word));
    return placeArguments(arguments, kernel);
  };
  EXPECT_EQ(place({"in:a", "i32:1", "in:b", "i32:1", "i32:2", "i32:3"}).value(),
            (std::vector<std::size_t>{0, 8, 16, 24, 28, 32}));
  EXPECT_EQ(place({"in:a", "pad:8", "in:b", "pad:12"}).value(),
            (std::vector<std::size_t>{0, 8, 16, 24}));
  EXPECT_THAT(place({"in:a", "in:b", "i32:1"}).error().message, HasSubstr("'n' of 4 bytes"));
  EXPECT_THAT(place({"in:a", "i32:1", "in:b"}).error().message, HasSubstr("take 24 bytes"));
  EXPECT_THAT(place({"p=in:a", "n=i32:1", "q=in:b"}).error().message,
              HasSubstr("'s' is not given"));
  EXPECT_THAT(place({"p=in:a", "n=i64:1"}).error().message, HasSubstr("has 4 bytes, not 8"));
  EXPECT_THAT(place({"p=in:a", "p=in:a"}).error().message, HasSubstr("given twice"));
  EXPECT_THAT(place({"p=in:a", "i32:1"}).error().message, HasSubstr("name all arguments or none"));
}

} // namespace
} // namespace gemmsmith
