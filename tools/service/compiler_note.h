// Leaves word in the store of the compiler that works with it, so that processes that only look for
// code objects know it without starting one (cache/compiler_record.h).
#pragma once

#include "compiler/kernel_compiler.h"
#include "configs/error.h"

namespace gemmsmith {

// `store` is Store::lockDirectory(): nothing is done when that is -1. This program is the
// installation that the record is of.
Expected<void> noteCompiler(int store, const CompilerIdentity &identity);

} // namespace gemmsmith
