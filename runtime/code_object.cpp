// From an ELF file and its metadata to kernels.
#include "runtime/code_object.h"

#include "runtime/byte_reader.h"
#include "runtime/elf_file.h"
#include "runtime/metadata_note.h"

#include <fmt/format.h>
#include <map>

namespace gemmsmith {
namespace {

// EF_AMDGPU_MACH values (LLVM's guide, "AMDGPU ELF Header Flags").
std::string machName(std::uint32_t flags) {
  static const std::map<std::uint32_t, const char *> names = {
      {0x02c, "gfx900"},          {0x02d, "gfx902"},          {0x02e, "gfx904"},
      {0x02f, "gfx906"},          {0x030, "gfx908"},          {0x031, "gfx909"},
      {0x032, "gfx90c"},          {0x033, "gfx1010"},         {0x034, "gfx1011"},
      {0x035, "gfx1012"},         {0x036, "gfx1030"},         {0x037, "gfx1031"},
      {0x038, "gfx1032"},         {0x039, "gfx1033"},         {0x03d, "gfx1035"},
      {0x03e, "gfx1034"},         {0x03f, "gfx90a"},          {0x040, "gfx940"},
      {0x041, "gfx1100"},         {0x042, "gfx1013"},         {0x043, "gfx1150"},
      {0x044, "gfx1103"},         {0x045, "gfx1036"},         {0x046, "gfx1101"},
      {0x047, "gfx1102"},         {0x048, "gfx1200"},         {0x049, "gfx1250"},
      {0x04a, "gfx1151"},         {0x04b, "gfx941"},          {0x04c, "gfx942"},
      {0x04e, "gfx1201"},         {0x04f, "gfx950"},          {0x051, "gfx9-generic"},
      {0x052, "gfx10-1-generic"}, {0x053, "gfx10-3-generic"}, {0x054, "gfx11-generic"},
      {0x055, "gfx1152"},         {0x058, "gfx1153"},         {0x059, "gfx12-generic"},
      {0x05f, "gfx9-4-generic"}};
  std::uint32_t mach = flags & 0xff;
  auto it = names.find(mach);
  return it != names.end() ? it->second : fmt::format("mach {:#04x}", mach);
}

// EF_AMDGPU_FEATURE_*: v3 has a bit that says "on", later versions two with all four states.
void readFeatures(CodeObject &object) {
  if (object.version == 3) {
    auto feature = [&](std::uint32_t bit) {
      return object.elf_flags & bit ? TargetFeature::kOn : TargetFeature::kAny;
    };
    object.xnack = feature(0x100);
    object.sramecc = feature(0x200);
    return;
  }
  object.xnack = static_cast<TargetFeature>(object.elf_flags >> 8 & 3);
  object.sramecc = static_cast<TargetFeature>(object.elf_flags >> 10 & 3);
}

KernelDescriptor readDescriptor(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  KernelDescriptor descriptor;
  descriptor.group_segment_bytes = reader.get<std::uint32_t>(0);
  descriptor.private_segment_bytes = reader.get<std::uint32_t>(4);
  descriptor.kernarg_bytes = reader.get<std::uint32_t>(8);
  descriptor.entry_offset = reader.get<std::int64_t>(16);
  descriptor.rsrc3 = reader.get<std::uint32_t>(44);
  descriptor.rsrc1 = reader.get<std::uint32_t>(48);
  descriptor.rsrc2 = reader.get<std::uint32_t>(52);
  descriptor.properties = reader.get<std::uint16_t>(56);
  descriptor.preload = reader.get<std::uint16_t>(58);
  return descriptor;
}

using SymbolsByName = std::map<std::string_view, const Symbol *>;

// Joins what the metadata says of a kernel with its descriptor and its code.
Expected<Kernel> makeKernel(const CodeObject &object, const SymbolsByName &symbols,
                            KernelMetadata kernel_metadata) {
  Kernel kernel;
  auto descriptor = symbols.find(kernel_metadata.symbol);
  if (descriptor == symbols.end())
    return damagedCodeObject(fmt::format("kernel '{}' has no descriptor symbol '{}'",
                                         kernel_metadata.name, kernel_metadata.symbol));
  kernel.descriptor_address = descriptor->second->address;
  std::span<const std::byte> at = object.bytesAt(kernel.descriptor_address);
  if (at.size() < 64)
    return damagedCodeObject(
        fmt::format("the descriptor of kernel '{}' lies outside the file", kernel_metadata.name));
  kernel.descriptor = readDescriptor(at.first(64));
  kernel.entry_address =
      kernel.descriptor_address + static_cast<std::uint64_t>(kernel.descriptor.entry_offset);
  const Segment *code = object.segmentAt(kernel.entry_address);
  if (!code || !code->executable || kernel.entry_address % 4 != 0 ||
      object.bytesAt(kernel.entry_address).size() < 4)
    return damagedCodeObject(
        fmt::format("the entry of kernel '{}' lies outside the code", kernel_metadata.name));
  if (auto function = symbols.find(kernel_metadata.name); function != symbols.end())
    kernel.code_bytes = function->second->bytes;
  kernel.metadata = std::move(kernel_metadata);
  return kernel;
}

} // namespace

const Kernel *CodeObject::find(std::string_view kernel_name) const {
  for (const Kernel &kernel : kernels)
    if (kernel.metadata.name == kernel_name)
      return &kernel;
  return nullptr;
}

const Segment *CodeObject::segmentAt(std::uint64_t address) const {
  for (const Segment &segment : segments)
    if (address >= segment.address && address - segment.address < segment.memory_bytes)
      return &segment;
  return nullptr;
}

std::span<const std::byte> CodeObject::bytesAt(std::uint64_t address) const {
  const Segment *segment = segmentAt(address);
  if (!segment || address - segment->address >= segment->contents.size())
    return {};
  return segment->contents.subspan(address - segment->address);
}

Expected<CodeObject> parseCodeObject(std::span<const std::byte> bytes) {
  auto elf = readElfFile(bytes);
  if (!elf)
    return tl::unexpected(elf.error());
  CodeObject object;
  object.elf_flags = elf->flags;
  object.version = elf->abi_version + 2;
  object.target = machName(elf->flags);
  readFeatures(object);
  object.segments = std::move(elf->segments);
  object.symbols = std::move(elf->symbols);
  object.relocations = std::move(elf->relocations);
  if (!elf->metadata)
    return object;

  auto note = readMetadataNote(*elf->metadata);
  if (!note)
    return tl::unexpected(note.error());
  object.target_id = std::move(note->target_id);
  SymbolsByName symbols;
  for (const Symbol &symbol : object.symbols)
    symbols.emplace(symbol.name, &symbol); // the first of a name counts
  for (KernelMetadata &metadata : note->kernels) {
    auto kernel = makeKernel(object, symbols, std::move(metadata));
    if (!kernel)
      return tl::unexpected(kernel.error());
    object.kernels.push_back(std::move(*kernel));
  }
  return object;
}

} // namespace gemmsmith
