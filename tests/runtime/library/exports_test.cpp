// The library as a file: what it exports, what it needs, how large it is.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>

namespace {

using Names = std::set<std::string>;

std::string outputOf(const std::string &command) {
  const std::unique_ptr<FILE, int (*)(FILE *)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe.get()))
    text.append(buffer, n);
  return text;
}

Names matches(const std::string &text, const std::string &pattern) {
  const std::regex expression(pattern);
  Names names;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
    names.insert((*it)[1]);
  return names;
}

TEST(SharedLibrary, ExportsTheFunctionsOfItsHeaderAndNothingElse) {
  std::ifstream header(LIBRARY_HEADER);
  std::stringstream text;
  text << header.rdbuf();
  const Names declared = matches(text.str(), "GS_API [^;]*?\\b(gs_\\w+)\\(");
  EXPECT_GE(declared.size(), 12u);
  const std::string symbols = outputOf("nm -D --defined-only " LIBRARY_FILE);
  EXPECT_EQ(matches(symbols, " [TWVBDiu] (\\S+)@@GEMMSMITH_0"), declared);
  EXPECT_EQ(matches(symbols, " [^A] (\\S+)").size(), declared.size());
}

TEST(SharedLibrary, NeedsOnlyTheSystemsLibrariesAndXxhash) {
  const std::string dynamic = outputOf("readelf -dW " LIBRARY_FILE);
  EXPECT_EQ(matches(dynamic, "SONAME.*\\[(.*)\\]"), Names{"libgemmsmith.so.0"});
  const Names allowed{"libc.so.6",  "libstdc++.so.6",       "libm.so.6",      "libgcc_s.so.1",
                      "libdl.so.2", "ld-linux-x86-64.so.2", "libxxhash.so.0", "libzstd.so.1"};
  const Names needed = matches(dynamic, "NEEDED.*\\[(.*)\\]");
  EXPECT_TRUE(needed.contains("libc.so.6"));
  Names others;
  std::ranges::set_difference(needed, allowed, std::inserter(others, others.end()));
  EXPECT_EQ(others, Names{});
}

TEST(SharedLibrary, IsSmallWhenStripped) {
  constexpr std::uintmax_t kMostBytes = 600'000;
  const std::filesystem::path stripped =
      std::filesystem::temp_directory_path() / ("stripped." + std::to_string(::getpid()));
  EXPECT_EQ(outputOf("strip -o " + stripped.string() + " " LIBRARY_FILE " 2>&1"), "");
  EXPECT_LE(std::filesystem::file_size(stripped), kMostBytes);
  std::filesystem::remove(stripped);
}

} // namespace
