// Leaves word in the store of the compiler that works with it, so that processes that only look for
// code objects know it without starting one (cache/compiler_record.h).
#pragma once

#include "cache/compiler_record.h"
#include "compiler/kernel_compiler.h"
#include "configs/error.h"

namespace gemmsmith {

// This program's record: of its identity's files, of itself, and of what changes when a ROCm is
// installed or removed.
Expected<CompilerRecord> ownCompilerRecord(const CompilerIdentity &identity);

// Writes it into the store, under this program's name. `store` is Store::lockDirectory(): nothing
// is done when that is -1. Only for who took the back end that is taken by default: others would be
// taken for it.
Expected<void> noteCompiler(int store, const CompilerRecord &record);

// Whether it is there; true also where there is no place for it.
bool isCompilerNoted(int store);

} // namespace gemmsmith
