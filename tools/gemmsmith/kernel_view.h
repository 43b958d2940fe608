// The kernels of a code object for people and for programs: what they need and what they take.
#pragma once

#include "runtime/code_object.h"
#include "tools/gemmsmith/launch_json.h"

#include <string>

namespace gemmsmith {

std::string kernelsText(const CodeObject &object);

// {"target", "version", "kernels": [{"name", "vgprs", "agprs", "sgprs", "lds_bytes",
// "scratch_bytes",
//  "max_threads", "arguments": [{"name", "kind", "offset", "size"}]}]}
OrderedJson kernelsJson(const CodeObject &object);

} // namespace gemmsmith
