#include "tools/service/compiler_note.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace gemmsmith {

namespace {

constexpr const char *kSelf = "/proc/self/exe";

// Where libraries and ROCm's directories appear and disappear.
constexpr const char *kInstallations[] = {"/etc/ld.so.cache", "/opt"};

} // namespace

Expected<CompilerRecord> ownCompilerRecord(const CompilerIdentity &identity) {
  std::vector<std::string> files = identity.files;
  std::error_code error;
  if (auto self = std::filesystem::read_symlink(kSelf, error); !error)
    files.push_back(self);
  for (const char *path : kInstallations)
    if (std::filesystem::exists(path, error))
      files.emplace_back(path);
  return makeCompilerRecord(identity.hex, files);
}

Expected<void> noteCompiler(int store, const CompilerRecord &record) {
  if (store < 0)
    return {};
  return writeCompilerRecord(store, installationHash(kSelf), record);
}

bool isCompilerNoted(int store) {
  return store < 0 || readCompilerRecord(store, installationHash(kSelf)).has_value();
}

} // namespace gemmsmith
