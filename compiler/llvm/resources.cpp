#include "compiler/llvm/resources.h"

#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/AMDGPUMetadata.h"

namespace gemmsmith {
namespace {

using Elf = llvm::object::ELF64LE;

// The AMDGPU metadata note, as MessagePack; empty if there is none.
llvm::StringRef findMetadata(const llvm::object::ELFFile<Elf> &file) {
  auto sections = file.sections();
  if (!sections) {
    llvm::consumeError(sections.takeError());
    return {};
  }
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_NOTE)
      continue;
    llvm::Error error = llvm::Error::success();
    llvm::StringRef found;
    for (const auto note : file.notes(section, error))
      if (note.getName() == "AMDGPU" && note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        found = note.getDescAsStringRef(section.sh_addralign);
    llvm::consumeError(std::move(error));
    if (!found.empty())
      return found;
  }
  return {};
}

} // namespace

Expected<SpillCounts> countSpills(std::span<const char> elf) {
  auto file = llvm::object::ELFFile<Elf>::create(llvm::StringRef(elf.data(), elf.size()));
  if (!file)
    return makeError(ErrorKind::kInput, llvm::toString(file.takeError()));
  llvm::msgpack::Document document;
  if (!document.readFromBlob(findMetadata(*file), /*Multi=*/false))
    return makeError(ErrorKind::kInput, "no AMDGPU metadata in the object");

  SpillCounts counts;
  auto kernels = document.getRoot().getMap()["amdhsa.kernels"].getArray();
  for (llvm::msgpack::DocNode &node : kernels) {
    auto kernel = node.getMap();
    counts.vgprs += kernel[".vgpr_spill_count"].getUInt();
    counts.sgprs += kernel[".sgpr_spill_count"].getUInt();
    counts.scratch_bytes += kernel[".private_segment_fixed_size"].getUInt();
  }
  return counts;
}

} // namespace gemmsmith
