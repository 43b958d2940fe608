// An AMDHSA code object: the ELF file that the compiler makes and the loader takes apart.
//
// Promises: parseCodeObject() accepts code objects v3 to v6 (ELF ABI versions 1 to 4) of any
// amdgcn target and returns every kernel with its descriptor and its metadata; every offset and
// size in the result lies inside the given bytes. Anything else - truncated, foreign, hostile - is
// an error of kind kInput that says what is wrong, never a crash.
// Does not: relocate, load, or decode instructions. The spans in the result point into the bytes
// given, which must outlive it.
//
// Sources: "User Guide for AMDGPU Backend" of LLVM (ELF header flags, kernel descriptor, code
// object V3-V6 metadata); ELF-64 object file format.
#pragma once

#include "configs/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// What a kernel argument holds, as `.value_kind` of the metadata says. Hidden arguments are filled
// by the launcher; kOther is a kind that nothing here knows by name (`value_kind_name` has it).
enum class ArgumentValueKind : std::uint8_t {
  kByValue,
  kGlobalBuffer,
  kDynamicSharedPointer,
  kHiddenBlockCountX,
  kHiddenBlockCountY,
  kHiddenBlockCountZ,
  kHiddenGroupSizeX,
  kHiddenGroupSizeY,
  kHiddenGroupSizeZ,
  kHiddenRemainderX,
  kHiddenRemainderY,
  kHiddenRemainderZ,
  kHiddenGlobalOffsetX,
  kHiddenGlobalOffsetY,
  kHiddenGlobalOffsetZ,
  kHiddenGridDims,
  kHiddenDynamicLdsSize,
  kHiddenPrivateBase,
  kHiddenSharedBase,
  kHiddenQueuePtr,
  kHiddenOther, // any other "hidden_…": printf buffer, hostcall buffer, heap, …; launched as 0
  kOther,
};

struct ArgumentMetadata {
  std::string name; // empty if the compiler did not record one
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  ArgumentValueKind value_kind = ArgumentValueKind::kOther;
  std::string value_kind_name; // as written in the metadata

  bool hidden() const; // supplied by the launcher, not by the caller
};

// The 64 bytes at the symbol `NAME.kd` ("Kernel Descriptor" in LLVM's guide), as far as gfx90a and
// its successors give them a meaning.
struct KernelDescriptor {
  std::uint32_t group_segment_bytes = 0;   // static LDS
  std::uint32_t private_segment_bytes = 0; // scratch per work-item
  std::uint32_t kernarg_bytes = 0;
  std::int64_t entry_offset = 0; // of the first instruction, relative to the descriptor
  std::uint32_t rsrc1 = 0;       // COMPUTE_PGM_RSRC1
  std::uint32_t rsrc2 = 0;       // COMPUTE_PGM_RSRC2
  std::uint32_t rsrc3 = 0;       // COMPUTE_PGM_RSRC3
  std::uint16_t properties = 0;  // KERNEL_CODE_PROPERTIES
  std::uint16_t preload = 0;     // KERNARG_PRELOAD: length in dwords [6:0], offset in dwords [15:7]

  bool privateSegmentBuffer() const { return properties & 1; }    // 4 SGPRs
  bool dispatchPtr() const { return properties >> 1 & 1; }        // 2
  bool queuePtr() const { return properties >> 2 & 1; }           // 2
  bool kernargSegmentPtr() const { return properties >> 3 & 1; }  // 2
  bool dispatchId() const { return properties >> 4 & 1; }         // 2
  bool flatScratchInit() const { return properties >> 5 & 1; }    // 2
  bool privateSegmentSize() const { return properties >> 6 & 1; } // 1
  bool wavefront32() const { return properties >> 10 & 1; }       // gfx10 and later
  bool usesDynamicStack() const { return properties >> 11 & 1; }  // from code object v5 on
  int preloadDwords() const { return preload & 0x7f; }
  int preloadOffsetDwords() const { return preload >> 7; }
  int userSgprs() const { return rsrc2 >> 1 & 0x1f; }
  bool usesScratch() const { return rsrc2 & 1; }
  bool workgroupIdX() const { return rsrc2 >> 7 & 1; }
  bool workgroupIdY() const { return rsrc2 >> 8 & 1; }
  bool workgroupIdZ() const { return rsrc2 >> 9 & 1; }
  bool workgroupInfo() const { return rsrc2 >> 10 & 1; }
  int workitemIdDimensions() const { return static_cast<int>(rsrc2 >> 11 & 3) + 1; }
  // Registers of each kind a wave is given; vgprs() counts both halves of the unified file.
  int vgprs() const { return (static_cast<int>(rsrc1 & 0x3f) + 1) * 8; }
  int sgprs() const { return (static_cast<int>(rsrc1 >> 6 & 0xf) / 2 + 1) * 16; }
  int accumOffset() const { return (static_cast<int>(rsrc3 & 0x3f) + 1) * 4; }
  int floatMode() const { return static_cast<int>(rsrc1 >> 12 & 0xff); } // MODE[7:0]
  bool dx10Clamp() const { return rsrc1 >> 21 & 1; }
  bool ieeeMode() const { return rsrc1 >> 23 & 1; }
  bool fp16Overflow() const { return rsrc1 >> 26 & 1; }
};

struct KernelMetadata {
  std::string name;   // `.name`, what a loader asks for
  std::string symbol; // `.symbol`, the descriptor's symbol: NAME.kd
  std::vector<ArgumentMetadata> arguments;
  std::uint32_t group_segment_bytes = 0;
  std::uint32_t private_segment_bytes = 0;
  std::uint32_t kernarg_bytes = 0;
  std::uint32_t kernarg_alignment = 0;
  std::uint32_t wavefront_size = 0;
  std::uint32_t vgprs = 0; // as recorded: arch VGPRs plus AGPRs on gfx90a and later
  std::uint32_t agprs = 0;
  std::uint32_t sgprs = 0;
  std::uint32_t vgpr_spills = 0;
  std::uint32_t sgpr_spills = 0;
  std::uint32_t max_workgroup_size = 0;                       // 0 = not recorded
  std::optional<std::array<std::uint32_t, 3>> required_block; // `.reqd_workgroup_size`
  bool uses_dynamic_stack = false;

  // Bytes of the arguments that the caller supplies: the end of the last one not hidden.
  std::uint32_t explicitArgumentBytes() const;
};

struct Kernel {
  KernelMetadata metadata;
  KernelDescriptor descriptor;
  std::uint64_t descriptor_address = 0; // virtual addresses as the ELF file counts them
  std::uint64_t entry_address = 0;
  std::uint64_t code_bytes = 0; // size of the kernel's function symbol; 0 if it has none
};

// A part of the file that is loaded to memory.
struct Segment {
  std::uint64_t address = 0;      // virtual, relative to the load address
  std::uint64_t memory_bytes = 0; // ≥ contents.size(); the rest is zero
  std::span<const std::byte> contents;
  bool executable = false;
  bool writable = false;
};

struct Symbol {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  bool is_function = false;
};

// A relocation of the dynamic section, with its symbol resolved to an address of this file (0 if it
// is undefined).
struct Relocation {
  std::uint64_t address = 0;
  std::uint32_t type = 0; // R_AMDGPU_*
  std::int64_t addend = 0;
  std::uint64_t symbol_address = 0;
  bool symbol_defined = false;
  bool symbol_weak = false; // may stay undefined, and is at address 0 then
  std::string symbol;
};

// What the code was made for, of a feature that a processor can have on or off.
enum class TargetFeature : std::uint8_t { kUnsupported, kAny, kOff, kOn };

struct CodeObject {
  std::string target; // "gfx950"; "mach 0x4f" if the number is not in our list
  std::uint32_t elf_flags = 0;
  TargetFeature xnack = TargetFeature::kUnsupported, sramecc = TargetFeature::kUnsupported;
  int version = 0;       // of the code object: 3 to 6
  std::string target_id; // `amdhsa.target`: "amdgcn-amd-amdhsa--gfx950:sramecc+", empty in v3
  std::vector<Segment> segments;
  std::vector<Symbol> symbols; // defined functions and objects, in file order
  std::vector<Relocation> relocations;
  std::vector<Kernel> kernels; // in the order of the metadata

  const Kernel *find(std::string_view kernel_name) const;
  // The bytes at a virtual address, up to the end of the segment's contents; empty if there are
  // none.
  std::span<const std::byte> bytesAt(std::uint64_t address) const;
  // The bytes of all executable segments that hold `address`.
  const Segment *segmentAt(std::uint64_t address) const;
};

// Takes a code object apart. Several kernels per file, and none, are fine.
Expected<CodeObject> parseCodeObject(std::span<const std::byte> bytes);

} // namespace gemmsmith
