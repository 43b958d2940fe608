// Loads the module of a kind of remote: from beside this library or program, from ../lib of that,
// or from where the loader looks.
//
// Promises: a module is loaded at most once, stays loaded, and keeps its symbols to itself. One of
// another version is refused. Thread-safe.
#pragma once

#include "cache/remote/module_interface.h"
#include "cache/remote/remote_url.h"
#include "configs/error.h"

namespace gemmsmith {

// kFailed, with what to install, when there is none.
Expected<const gs_remote_module *> loadRemoteModule(RemoteKind kind);

} // namespace gemmsmith
