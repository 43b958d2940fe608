#include "compiler/hiprtc/candidates.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

constexpr int kNewestRocm = 10;
constexpr int kOldestRocm = 5;
// In this order: from ROCm 6 on libamdhip64 may still have the functions, but no longer the code.
constexpr std::array<std::string_view, 2> kLibraries{"libhiprtc.so", "libamdhip64.so"};
// Below a ROCm directory; the third is Debian's, of ROCM_PATH=/usr.
constexpr std::array kLibraryDirectories{"lib", "lib64", "lib/x86_64-linux-gnu", "."};

fs::path fromEnvironment(std::string_view name) {
  const char *value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

// The numbers in a text: {7, 0, 2} of "rocm-7.0.2".
std::vector<int> numbersIn(std::string_view text) {
  std::vector<int> numbers;
  const char *const end = text.data() + text.size();
  for (const char *at = text.data(); at != end;) {
    if (std::isdigit(static_cast<unsigned char>(*at)) == 0) {
      ++at; // not for from_chars, which would take a dash for a sign
      continue;
    }
    int number = 0;
    at = std::from_chars(at, end, number).ptr;
    numbers.push_back(number);
  }
  return numbers;
}

// The library `name` in `directory` with the highest major version: a soname ("libhiprtc.so.7"), or
// what a development package links it from.
std::optional<fs::path> newestLibrary(const fs::path &directory, std::string_view name) {
  std::optional<fs::path> best;
  std::vector<int> best_version;
  std::error_code error;
  for (auto entry = fs::directory_iterator(directory, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string file = entry->path().filename().native();
    if (!file.starts_with(name))
      continue;
    const std::string_view suffix = std::string_view(file).substr(name.size());
    std::vector<int> version = numbersIn(suffix);
    const bool is_soname = version.size() == 1 && suffix == fmt::format(".{}", version.front());
    if ((suffix.empty() || is_soname) && (!best || version > best_version)) {
      best = entry->path();
      best_version = std::move(version);
    }
  }
  return best;
}

std::optional<fs::path> libraryOfRocm(const fs::path &rocm) {
  for (const std::string_view name : kLibraries)
    for (const char *directory : kLibraryDirectories)
      if (auto library = newestLibrary(rocm / directory, name))
        return library->lexically_normal();
  return std::nullopt;
}

std::vector<fs::path> rocmDirectories(const fs::path &opt) {
  std::vector<fs::path> versioned;
  std::error_code error;
  for (auto entry = fs::directory_iterator(opt, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    if (entry->path().filename().native().starts_with("rocm-"))
      versioned.push_back(entry->path());
  std::ranges::sort(versioned, [](const fs::path &a, const fs::path &b) {
    return std::pair(numbersIn(b.filename().native()), b) <
           std::pair(numbersIn(a.filename().native()), a);
  });
  versioned.insert(versioned.begin(), opt / "rocm");
  return versioned;
}

// What somebody named is listed even if there is nothing, so that they learn of it. What is there
// is named in full: a file name without a slash would be a soname to dlopen().
HiprtcCandidate named(const fs::path &path, std::string origin) {
  std::error_code error;
  const fs::path place =
      fs::exists(path, error) ? fs::absolute(path, error).lexically_normal() : path;
  return {libraryOfRocm(place).value_or(place).native(), std::move(origin)};
}

} // namespace

CandidateSources candidateSourcesFromEnvironment() {
  return {.given = fromEnvironment(kGivenOrigin), .rocm_path = fromEnvironment(kRocmPathOrigin)};
}

std::vector<HiprtcCandidate> findCandidates(const CandidateSources &sources) {
  if (!sources.given.empty())
    return {named(sources.given, std::string(kGivenOrigin))};

  std::vector<HiprtcCandidate> candidates;
  if (!sources.rocm_path.empty())
    candidates.push_back(named(sources.rocm_path, std::string(kRocmPathOrigin)));
  for (const fs::path &rocm : rocmDirectories(sources.opt))
    if (const auto library = libraryOfRocm(rocm))
      candidates.push_back({library->native(), rocm.native()});
  for (int rocm = kNewestRocm; rocm >= kOldestRocm; --rocm)
    for (const std::string_view name : kLibraries) {
      const std::string soname = fmt::format("{}.{}", name, rocm);
      candidates.push_back({soname, "soname " + soname});
    }
  return candidates;
}

} // namespace gemmsmith
