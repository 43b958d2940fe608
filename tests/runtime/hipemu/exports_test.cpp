// What the library exports: the checked-in list and nothing else, under the right versions.
#include "fixture.h"

#include <cstdio>
#include <dlfcn.h>
#include <map>
#include <memory>
#include <sstream>

namespace {

std::string outputOf(const std::string &command) {
  std::unique_ptr<FILE, int (*)(FILE *)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  char buffer[4096];
  while (std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe.get()))
    text.append(buffer, n);
  return text;
}

using Versions = std::map<std::string, std::string>; // symbol to node

Versions checkedIn() {
  std::ifstream file(HIPEMU_EXPORTS);
  Versions versions;
  std::string line, node;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (second == "{")
      node = first;
    else if (first.size() > 2 && first.back() == ';' && first[0] != '}' && first != "*;")
      versions[first.substr(0, first.size() - 1)] = node;
  }
  return versions;
}

Versions exportedBy(const std::string &library) {
  std::istringstream lines(outputOf("nm -D --defined-only --no-demangle " + library));
  Versions versions;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string address, kind, name;
    words >> address >> kind >> name;
    std::size_t at = name.find('@');
    if (kind != "A") // the nodes themselves
      versions[name.substr(0, at)] = at == name.npos ? "" : name.substr(at + 2);
  }
  return versions;
}

TEST(HipExports, AreTheCheckedInListAndNothingOfOurs) {
  Versions list = checkedIn();
  ASSERT_GT(list.size(), 200u);
  EXPECT_EQ(exportedBy(HIPEMU_FOLDER "/libamdhip64.so"), list);
}

// Every symbol that HIP 5.2's library has as well has the version that it has there.
TEST(HipExports, HaveTheVersionsOfHip5) {
  Versions theirs = exportedBy(HIP_LIBRARY);
  ASSERT_GT(theirs.size(), 300u);
  int common = 0;
  for (const auto &[name, version] : checkedIn())
    if (auto it = theirs.find(name); it != theirs.end()) {
      EXPECT_EQ(it->second, version) << name;
      ++common;
    }
  EXPECT_GT(common, 150);
}

// Handles, pointers, sizes and numbers all zero: an error or a harmless success each time. Every
// parameter of the interface is of a class that the ABI passes in integer registers or on the
// stack.
TEST(HipExports, EveryEntryPointSurvivesZeros) {
  using Any = std::uintptr_t (*)(std::uintptr_t, std::uintptr_t, std::uintptr_t, std::uintptr_t,
                                 std::uintptr_t, std::uintptr_t, std::uintptr_t, std::uintptr_t,
                                 std::uintptr_t, std::uintptr_t, std::uintptr_t, std::uintptr_t,
                                 std::uintptr_t, std::uintptr_t);
  int called = 0;
  for (const auto &[name, version] : checkedIn()) {
    auto function = reinterpret_cast<Any>(dlvsym(RTLD_DEFAULT, name.c_str(), version.c_str()));
    ASSERT_NE(function, nullptr) << name;
    SCOPED_TRACE(name);
    (void)function(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    ++called;
  }
  EXPECT_GT(called, 200);
  EXPECT_HIP(hipDeviceReset(), hipSuccess); // ends the capture that one of them began
  void *pointer = nullptr;
  EXPECT_HIP(hipMalloc(&pointer, 16), hipSuccess);
  EXPECT_HIP(hipMemset(pointer, 0, 16), hipSuccess);
  EXPECT_HIP(hipFree(pointer), hipSuccess);
  (void)hipGetLastError();
}

TEST(HipExports, EveryNameOfTheLibraryOpens) {
  for (const char *name :
       {"libamdhip64.so", "libamdhip64.so.5", "libamdhip64.so.6", "libamdhip64.so.7"}) {
    void *library = dlopen((std::string(HIPEMU_FOLDER "/") + name).c_str(), RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    EXPECT_NE(dlsym(library, "hipModuleLaunchKernel"), nullptr);
    dlclose(library);
  }
}

TEST(HipExports, VersionedLookupsFindTheLayoutTheyName) {
  auto versioned = [](const char *name, const char *version) {
    return dlvsym(RTLD_DEFAULT, name, version);
  };
  EXPECT_NE(versioned("hipGetDeviceProperties", "hip_4.2"), nullptr);
  EXPECT_EQ(versioned("hipGetDeviceProperties", "hip_6.0"), nullptr);
  EXPECT_NE(versioned("hipGetDevicePropertiesR0600", "hip_6.0"), nullptr);
  EXPECT_NE(versioned("hipStreamBeginCapture", "hip_4.3"), nullptr);
  EXPECT_EQ(versioned("hipGetDeviceProperties", "hip_4.2"),
            dlsym(RTLD_DEFAULT, "hipGetDeviceProperties"));
}

TEST(HipExports, ProcAddressesFollowTheVersionAskedFor) {
  using Lookup = hipError_t (*)(const char *, void **, int, std::uint64_t, int *);
  auto lookup = reinterpret_cast<Lookup>(dlsym(RTLD_DEFAULT, "hipGetProcAddress"));
  ASSERT_NE(lookup, nullptr);
  void *found = nullptr;
  int result = -1;
  EXPECT_HIP(lookup("hipGetDeviceProperties", &found, 600, 0, &result), hipSuccess);
  EXPECT_EQ(found, dlsym(RTLD_DEFAULT, "hipGetDevicePropertiesR0600"));
  EXPECT_EQ(result, 0);
  EXPECT_HIP(lookup("hipGetDeviceProperties", &found, 505, 0, nullptr), hipSuccess);
  EXPECT_EQ(found, dlsym(RTLD_DEFAULT, "hipGetDevicePropertiesR0000"));
  EXPECT_HIP(lookup("hipMemcpyAsync", &found, 600, 0, nullptr), hipSuccess);
  EXPECT_EQ(found, dlsym(RTLD_DEFAULT, "hipMemcpyAsync"));
  EXPECT_HIP(lookup("hipMemcpyAsync", &found, 600, 2, nullptr), hipSuccess);
  EXPECT_EQ(found, dlsym(RTLD_DEFAULT, "hipMemcpyAsync_spt"));
  EXPECT_HIP(lookup("hipMalloc", &found, 600, 2, nullptr), hipSuccess); // has no such variant
  EXPECT_EQ(found, dlsym(RTLD_DEFAULT, "hipMalloc"));
  for (const char *name : {"hipNoSuchFunction", "malloc", "printf"}) {
    EXPECT_HIP(lookup(name, &found, 600, 0, &result), hipErrorInvalidValue) << name;
    EXPECT_EQ(found, nullptr) << name;
    EXPECT_EQ(result, 1) << name;
  }
  // All that Triton's launcher asks for.
  for (const char *name :
       {"hipGetLastError", "hipGetErrorString", "hipGetDeviceProperties", "hipModuleLoadDataEx",
        "hipModuleGetFunction", "hipFuncGetAttribute", "hipDrvLaunchKernelEx",
        "hipModuleLaunchKernel", "hipModuleLaunchCooperativeKernel", "hipPointerGetAttribute"}) {
    EXPECT_HIP(lookup(name, &found, 700, 0, &result), hipSuccess) << name;
    EXPECT_EQ(result, 0) << name;
  }
  EXPECT_HIP(lookup(nullptr, &found, 600, 0, nullptr), hipErrorInvalidValue);
}

} // namespace
