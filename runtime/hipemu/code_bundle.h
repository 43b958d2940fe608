// What a program hands over as code: a code object, or a bundle of them for several targets as
// clang-offload-bundler writes it (binary format version 1):
//
//   "__CLANG_OFFLOAD_BUNDLE__"  u64 entries
//   per entry: u64 offset  u64 bytes  u64 id_bytes  id, as in "hipv4-amdgcn-amd-amdhsa--gfx950"
//
// Offsets count from the start of the bundle. Source: "Clang Offload Bundler" of LLVM's guides.
// Compressed bundles ("CCOB") are refused by name.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <optional>
#include <span>

namespace gemmsmith::hipemu {

// The code object for this device. `bytes` says how much there is to read; without it, as the HIP
// interface has it, sizes are taken from the headers on trust.
Expected<std::span<const std::byte>> selectCodeObject(const void *data,
                                                      std::optional<std::size_t> bytes = {});

} // namespace gemmsmith::hipemu
