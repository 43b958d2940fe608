#include "tools/service/compiler_note.h"

#include "configs/this_file.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace gemmsmith {

namespace {

// Where libraries and ROCm's directories appear and disappear.
constexpr const char *kInstallations[] = {"/etc/ld.so.cache", "/opt"};

} // namespace

Expected<CompilerRecord> ownCompilerRecord(const CompilerIdentity &identity) {
  std::vector<std::string> files = identity.files;
  files.push_back(thisProgram());
  std::error_code error;
  for (const char *path : kInstallations)
    if (std::filesystem::exists(path, error))
      files.emplace_back(path);
  return makeCompilerRecord(identity.hex, files);
}

Expected<void> noteCompiler(int store, const CompilerRecord &record) {
  if (store < 0)
    return {};
  return writeCompilerRecord(store, installationHash(thisProgram()), record);
}

bool isCompilerNoted(int store) {
  return store < 0 || readCompilerRecord(store, installationHash(thisProgram())).has_value();
}

} // namespace gemmsmith
