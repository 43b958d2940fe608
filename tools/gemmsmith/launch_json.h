// A launch as JSON, for programs that launch our code objects without our runtime.
//
// Keys keep the order in which they are written here: the output is deterministic.
#pragma once

#include "configs/launch.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gemmsmith {

using OrderedJson = nlohmann::ordered_json;

// The file name of the code object of `config`: NAME.co.
std::string objectFileName(const KernelConfig &config);

// {"m", "n", "k", "lda", "ldb", "ldc", "in_dtype", "out_dtype", "bias"}
OrderedJson problemJson(const Problem &problem);

// {"splits", "grid": [x, y, z], "block": [x, y, z], "lds_bytes", "workspace_bytes",
//  "workspace_zero_bytes"}: grid in workgroups, block in threads; lds_bytes are already part of the
// code object; the first workspace_zero_bytes of a workspace must be zero before its first use.
OrderedJson launchJson(const Launch &launch);

// [{"name", "kind": "global_buffer"|"by_value", "offset", "size"}], in order.
OrderedJson argumentLayoutJson(const KernelConfig &config);

// The same with what each one is in this launch: {"value"} for numbers, and for buffers {"buffer"
// (its role), "access": "read"|"write"|"read_write", "bytes" (that the launch may touch)}.
OrderedJson argumentsJson(const Launch &launch);

// Null for an empty text.
OrderedJson textOrNull(std::string_view text);

// Text of a JSON document as we write it to files and pipes, newline included.
std::string dumpJson(const OrderedJson &document);

} // namespace gemmsmith
