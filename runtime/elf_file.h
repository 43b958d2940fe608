// The ELF container of a code object: what is loaded, what it is called, and where the metadata is.
//
// Promises: every offset and size in the result lies inside the given bytes, into which its spans
// point; anything that is not a linked, 64-bit AMDHSA file is an error.
// Sources: ELF-64 object file format; LLVM's guide, "ELF Code Object".
#pragma once

#include "runtime/code_object.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gemmsmith {

struct ElfFile {
  std::uint32_t flags = 0;
  int abi_version = 0;           // 1 to 4
  std::vector<Segment> segments; // ascending, none overlaps another
  std::vector<Symbol> symbols;   // defined functions and objects, in file order
  std::vector<Relocation> relocations;
  std::optional<std::span<const std::byte>> metadata; // of the first NT_AMDGPU_METADATA note
};

Expected<ElfFile> readElfFile(std::span<const std::byte> bytes);

} // namespace gemmsmith
