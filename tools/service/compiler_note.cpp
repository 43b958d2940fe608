#include "tools/service/compiler_note.h"

#include "cache/compiler_record.h"

namespace gemmsmith {

Expected<void> noteCompiler(int store, const CompilerIdentity &identity) {
  if (store < 0)
    return {};
  return makeCompilerRecord(identity.hex, identity.files)
      .and_then([&](const CompilerRecord &record) {
        return writeCompilerRecord(store, installationHash("/proc/self/exe"), record);
      });
}

} // namespace gemmsmith
