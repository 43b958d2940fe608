#include "runtime/code_object.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace gemmsmith {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> damaged(std::string what) {
  return makeError(ErrorKind::kInput, "not a readable AMDGPU code object: " + std::move(what));
}

// Bytes with bounds-checked access. Offsets are 64-bit as ELF has them, so no sum may wrap.
class Reader {
public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  std::span<const std::byte> slice(std::uint64_t offset, std::uint64_t size) const {
    return holds(offset, size) ? bytes_.subspan(offset, size) : std::span<const std::byte>{};
  }
  template <typename T> T get(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (holds(offset, sizeof(T)))
      std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  // The zero-terminated string at `offset`, empty if it does not end inside the bytes.
  std::string string(std::uint64_t offset) const {
    if (offset >= bytes_.size())
      return {};
    const char *begin = reinterpret_cast<const char *>(bytes_.data()) + offset;
    const void *end = std::memchr(begin, 0, bytes_.size() - offset);
    return end ? std::string(begin, static_cast<const char *>(end)) : std::string{};
  }
  std::uint64_t size() const { return bytes_.size(); }

private:
  std::span<const std::byte> bytes_;
};

// ELF-64 structures, little-endian as every AMDGPU object is.
struct ElfHeader {
  std::uint8_t ident[16];
  std::uint16_t type, machine;
  std::uint32_t version;
  std::uint64_t entry, phoff, shoff;
  std::uint32_t flags;
  std::uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct ProgramHeader {
  std::uint32_t type, flags;
  std::uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
struct SectionHeader {
  std::uint32_t name, type;
  std::uint64_t flags, addr, offset, size;
  std::uint32_t link, info;
  std::uint64_t addralign, entsize;
};
struct ElfSymbol {
  std::uint32_t name;
  std::uint8_t info, other;
  std::uint16_t shndx;
  std::uint64_t value, size;
};
struct ElfRela {
  std::uint64_t offset, info;
  std::int64_t addend;
};
static_assert(sizeof(ElfHeader) == 64 && sizeof(ProgramHeader) == 56 &&
              sizeof(SectionHeader) == 64 && sizeof(ElfSymbol) == 24 && sizeof(ElfRela) == 24);

constexpr std::uint16_t kMachineAmdgpu = 224;
constexpr std::uint8_t kOsAbiAmdgpuHsa = 64;
constexpr std::uint32_t kLoad = 1, kNote = 4;
constexpr std::uint32_t kSymtab = 2, kRela = 4, kDynsym = 11;
constexpr std::uint32_t kNoteAmdgpuMetadata = 32; // NT_AMDGPU_METADATA
// Symbol and segment counts of real objects are in the dozens; the limit bounds the work that a
// hostile file can cause.
constexpr std::uint64_t kMaxSymbols = 1 << 20;

// EF_AMDGPU_MACH values (LLVM's guide, "AMDGPU ELF Header Flags").
std::string machName(std::uint32_t flags) {
  static const std::map<std::uint32_t, const char *> names = {
      {0x02c, "gfx900"},      {0x02d, "gfx902"},  {0x02e, "gfx904"},  {0x02f, "gfx906"},
      {0x030, "gfx908"},      {0x031, "gfx909"},  {0x032, "gfx90c"},  {0x033, "gfx1010"},
      {0x034, "gfx1011"},     {0x035, "gfx1012"}, {0x036, "gfx1030"}, {0x037, "gfx1031"},
      {0x038, "gfx1032"},     {0x039, "gfx1033"}, {0x03e, "gfx1034"}, {0x03d, "gfx1035"},
      {0x03f, "gfx90a"},      {0x041, "gfx1100"}, {0x044, "gfx1103"}, {0x046, "gfx1101"},
      {0x047, "gfx1102"},     {0x048, "gfx1200"}, {0x04c, "gfx942"},  {0x04e, "gfx1201"},
      {0x04f, "gfx950"},      {0x04a, "gfx1151"}, {0x043, "gfx1150"}, {0x055, "gfx1152"},
      {0x051, "gfx9-generic"}};
  std::uint32_t mach = flags & 0xff;
  auto it = names.find(mach);
  return it != names.end() ? it->second : fmt::format("mach {:#04x}", mach);
}

ArgumentValueKind valueKind(const std::string &name) {
  using K = ArgumentValueKind;
  static const std::map<std::string, K> kinds = {
      {"by_value", K::kByValue},
      {"global_buffer", K::kGlobalBuffer},
      {"dynamic_shared_pointer", K::kDynamicSharedPointer},
      {"hidden_block_count_x", K::kHiddenBlockCountX},
      {"hidden_block_count_y", K::kHiddenBlockCountY},
      {"hidden_block_count_z", K::kHiddenBlockCountZ},
      {"hidden_group_size_x", K::kHiddenGroupSizeX},
      {"hidden_group_size_y", K::kHiddenGroupSizeY},
      {"hidden_group_size_z", K::kHiddenGroupSizeZ},
      {"hidden_remainder_x", K::kHiddenRemainderX},
      {"hidden_remainder_y", K::kHiddenRemainderY},
      {"hidden_remainder_z", K::kHiddenRemainderZ},
      {"hidden_global_offset_x", K::kHiddenGlobalOffsetX},
      {"hidden_global_offset_y", K::kHiddenGlobalOffsetY},
      {"hidden_global_offset_z", K::kHiddenGlobalOffsetZ},
      {"hidden_grid_dims", K::kHiddenGridDims},
      {"hidden_dynamic_lds_size", K::kHiddenDynamicLdsSize},
      {"hidden_private_base", K::kHiddenPrivateBase},
      {"hidden_shared_base", K::kHiddenSharedBase},
      {"hidden_queue_ptr", K::kHiddenQueuePtr}};
  auto it = kinds.find(name);
  if (it != kinds.end())
    return it->second;
  return name.starts_with("hidden_") ? K::kHiddenOther : K::kOther;
}

// Metadata fields are optional and untrusted: a missing one or one of another type is 0 or "".
std::uint32_t number(const Json &map, const char *key) {
  auto it = map.find(key);
  if (it == map.end() || !it->is_number_integer())
    return 0;
  auto value = it->is_number_unsigned()
                   ? it->get<std::uint64_t>()
                   : static_cast<std::uint64_t>(std::max<std::int64_t>(0, it->get<std::int64_t>()));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

std::string text(const Json &map, const char *key) {
  auto it = map.find(key);
  return it != map.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

KernelMetadata readKernelMetadata(const Json &map) {
  KernelMetadata kernel;
  kernel.name = text(map, ".name");
  kernel.symbol = text(map, ".symbol");
  kernel.group_segment_bytes = number(map, ".group_segment_fixed_size");
  kernel.private_segment_bytes = number(map, ".private_segment_fixed_size");
  kernel.kernarg_bytes = number(map, ".kernarg_segment_size");
  kernel.kernarg_alignment = number(map, ".kernarg_segment_align");
  kernel.wavefront_size = number(map, ".wavefront_size");
  kernel.vgprs = number(map, ".vgpr_count");
  kernel.agprs = number(map, ".agpr_count");
  kernel.sgprs = number(map, ".sgpr_count");
  kernel.vgpr_spills = number(map, ".vgpr_spill_count");
  kernel.sgpr_spills = number(map, ".sgpr_spill_count");
  kernel.max_workgroup_size = number(map, ".max_flat_workgroup_size");
  if (auto it = map.find(".uses_dynamic_stack"); it != map.end() && it->is_boolean())
    kernel.uses_dynamic_stack = it->get<bool>();
  if (auto it = map.find(".reqd_workgroup_size");
      it != map.end() && it->is_array() && it->size() == 3) {
    std::array<std::uint32_t, 3> block{};
    for (std::size_t i = 0; i < 3; ++i)
      block[i] = (*it)[i].is_number_unsigned() ? (*it)[i].get<std::uint32_t>() : 0;
    kernel.required_block = block;
  }
  if (auto it = map.find(".args"); it != map.end() && it->is_array()) {
    for (const Json &entry : *it) {
      if (!entry.is_object())
        continue;
      ArgumentMetadata argument;
      argument.name = text(entry, ".name");
      argument.offset = number(entry, ".offset");
      argument.size = number(entry, ".size");
      argument.value_kind_name = text(entry, ".value_kind");
      argument.value_kind = valueKind(argument.value_kind_name);
      kernel.arguments.push_back(std::move(argument));
    }
  }
  return kernel;
}

// nlohmann recurses per nesting level; real metadata has four. A byte can open a level, so the
// check walks the headers without recursion and refuses deep input before the library sees it.
bool nestsTooDeep(std::span<const std::byte> bytes) {
  constexpr std::size_t kMaxDepth = 32;
  std::vector<std::uint64_t> remaining; // items still to come on each open level
  std::uint64_t position = 0;
  auto take = [&](int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width && position < bytes.size(); ++i)
      value = value << 8 | std::to_integer<std::uint64_t>(bytes[position++]);
    return value;
  };
  while (position < bytes.size()) {
    auto tag = static_cast<unsigned>(take(1));
    std::uint64_t skip = 0, items = 0;
    if (tag >= 0x80 && tag <= 0x8f)
      items = (tag & 0xf) * 2;
    else if (tag >= 0x90 && tag <= 0x9f)
      items = tag & 0xf;
    else if (tag >= 0xa0 && tag <= 0xbf)
      skip = tag & 0x1f;
    else if (tag == 0xdc || tag == 0xdd)
      items = take(tag == 0xdc ? 2 : 4);
    else if (tag == 0xde || tag == 0xdf)
      items = take(tag == 0xde ? 2 : 4) * 2;
    else if (tag == 0xc4 || tag == 0xd9)
      skip = take(1);
    else if (tag == 0xc5 || tag == 0xda)
      skip = take(2);
    else if (tag == 0xc6 || tag == 0xdb)
      skip = take(4);
    else if (tag >= 0xc7 && tag <= 0xc9)
      skip = take(1 << (tag - 0xc7)) + 1;
    else if (tag == 0xcc || tag == 0xd0)
      skip = 1;
    else if (tag == 0xcd || tag == 0xd1)
      skip = 2;
    else if (tag == 0xca || tag == 0xce || tag == 0xd2)
      skip = 4;
    else if (tag == 0xcb || tag == 0xcf || tag == 0xd3)
      skip = 8;
    else if (tag >= 0xd4 && tag <= 0xd8)
      skip = (1u << (tag - 0xd4)) + 1;
    position = skip > bytes.size() - position ? bytes.size() : position + skip;
    if (items) {
      remaining.push_back(items);
      if (remaining.size() > kMaxDepth)
        return true;
      continue;
    }
    while (!remaining.empty() && --remaining.back() == 0)
      remaining.pop_back();
    if (remaining.empty())
      return false;
  }
  return false;
}

Expected<std::vector<KernelMetadata>> readMetadata(std::span<const std::byte> bytes,
                                                   CodeObject &object) {
  if (nestsTooDeep(bytes))
    return damaged("its metadata nests too deep");
  const auto *begin = reinterpret_cast<const std::uint8_t *>(bytes.data());
  Json root = Json::from_msgpack(begin, begin + bytes.size(), true, false);
  if (!root.is_object())
    return damaged("its metadata note is not a MessagePack map");
  object.target_id = text(root, "amdhsa.target");
  std::vector<KernelMetadata> kernels;
  auto it = root.find("amdhsa.kernels");
  if (it == root.end())
    return kernels;
  if (!it->is_array())
    return damaged("'amdhsa.kernels' of its metadata is not a list");
  for (const Json &entry : *it) {
    if (!entry.is_object())
      return damaged("a kernel of its metadata is not a map");
    kernels.push_back(readKernelMetadata(entry));
  }
  return kernels;
}

KernelDescriptor readDescriptor(std::span<const std::byte> bytes) {
  Reader reader(bytes);
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

struct RawSymbols {
  std::vector<ElfSymbol> entries;
  std::vector<std::string> names;
};

Expected<RawSymbols> readSymbols(const Reader &file, const ElfHeader &header,
                                 const SectionHeader &section) {
  RawSymbols symbols;
  if (section.link >= header.shnum)
    return damaged("a symbol table without a string table");
  if (!file.holds(section.offset, section.size))
    return damaged("a symbol table outside the file");
  auto strings = file.get<SectionHeader>(header.shoff + std::uint64_t{section.link} * 64);
  if (!file.holds(strings.offset, strings.size))
    return damaged("a string table outside the file");
  std::uint64_t count = section.size / sizeof(ElfSymbol);
  if (count > kMaxSymbols)
    return damaged("too many symbols");
  Reader names(file.slice(strings.offset, strings.size));
  for (std::uint64_t i = 0; i < count; ++i) {
    symbols.entries.push_back(file.get<ElfSymbol>(section.offset + i * sizeof(ElfSymbol)));
    symbols.names.push_back(names.string(symbols.entries.back().name));
  }
  return symbols;
}

} // namespace

bool ArgumentMetadata::hidden() const {
  return value_kind_name.starts_with("hidden_");
}

std::uint32_t KernelMetadata::explicitArgumentBytes() const {
  std::uint64_t end = 0;
  for (const ArgumentMetadata &argument : arguments)
    if (!argument.hidden())
      end = std::max(end, std::uint64_t{argument.offset} + argument.size);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(end, UINT32_MAX));
}

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
  Reader file(bytes);
  if (bytes.size() < sizeof(ElfHeader))
    return damaged(fmt::format("{} bytes are too few for an ELF header", bytes.size()));
  auto header = file.get<ElfHeader>(0);
  if (std::memcmp(header.ident,
                  "\x7f"
                  "ELF",
                  4) != 0)
    return damaged("no ELF magic number");
  if (header.ident[4] != 2 || header.ident[5] != 1)
    return damaged("not a 64-bit little-endian ELF file");
  if (header.machine != kMachineAmdgpu)
    return damaged(
        fmt::format("ELF machine {} is not AMDGPU ({})", header.machine, int{kMachineAmdgpu}));
  if (header.ident[7] != kOsAbiAmdgpuHsa)
    return damaged(fmt::format("ELF OS ABI {} is not AMDHSA", int{header.ident[7]}));
  int abi = header.ident[8];
  if (abi < 1 || abi > 4)
    return makeError(ErrorKind::kInput,
                     fmt::format("code object ABI version {} is not supported; versions 3 to 6 "
                                 "(ABI 1 to 4) are",
                                 abi));
  if (header.type != 3)
    return damaged("not linked (an object file, not a shared object)");

  CodeObject object;
  object.elf_flags = header.flags;
  object.version = abi + 2;
  object.target = machName(header.flags);

  std::span<const std::byte> metadata;
  bool found_metadata = false;
  if (header.phnum && header.phentsize != sizeof(ProgramHeader))
    return damaged("program headers of an unknown size");
  if (!file.holds(header.phoff, std::uint64_t{header.phnum} * sizeof(ProgramHeader)))
    return damaged("program headers outside the file");
  for (std::uint32_t i = 0; i < header.phnum; ++i) {
    auto program = file.get<ProgramHeader>(header.phoff + std::uint64_t{i} * sizeof(ProgramHeader));
    if (program.type != kLoad && program.type != kNote)
      continue;
    if (!file.holds(program.offset, program.filesz))
      return damaged("a segment outside the file");
    if (program.type == kLoad) {
      // 2^40 bytes of zero-fill are more than any device has; the limit also keeps sums from
      // wrapping.
      if (program.memsz < program.filesz || program.memsz > (std::uint64_t{1} << 40) ||
          program.vaddr > (std::uint64_t{1} << 46))
        return damaged("a segment of impossible size or address");
      object.segments.push_back({program.vaddr, program.memsz,
                                 file.slice(program.offset, program.filesz),
                                 (program.flags & 1) != 0, (program.flags & 2) != 0});
      continue;
    }
    Reader notes(file.slice(program.offset, program.filesz));
    for (std::uint64_t at = 0; notes.holds(at, 12);) {
      std::uint64_t name_size = notes.get<std::uint32_t>(at);
      std::uint64_t data_size = notes.get<std::uint32_t>(at + 4);
      auto type = notes.get<std::uint32_t>(at + 8);
      std::uint64_t data_at = at + 12 + (name_size + 3) / 4 * 4;
      if (!notes.holds(at + 12, name_size) || !notes.holds(data_at, data_size))
        return damaged("a note outside its segment");
      if (type == kNoteAmdgpuMetadata && notes.string(at + 12) == "AMDGPU" && !found_metadata) {
        metadata = notes.slice(data_at, data_size);
        found_metadata = true;
      }
      at = data_at + (data_size + 3) / 4 * 4;
    }
  }
  std::sort(object.segments.begin(), object.segments.end(),
            [](const Segment &a, const Segment &b) { return a.address < b.address; });
  for (std::size_t i = 1; i < object.segments.size(); ++i)
    if (object.segments[i].address <
        object.segments[i - 1].address + object.segments[i - 1].memory_bytes)
      return damaged("overlapping segments");

  if (header.shnum && header.shentsize != sizeof(SectionHeader))
    return damaged("section headers of an unknown size");
  if (!file.holds(header.shoff, std::uint64_t{header.shnum} * sizeof(SectionHeader)))
    return damaged("section headers outside the file");
  auto section = [&](std::uint32_t i) {
    return file.get<SectionHeader>(header.shoff + std::uint64_t{i} * sizeof(SectionHeader));
  };
  // .symtab has everything; a stripped object still has .dynsym with the kernels.
  RawSymbols chosen;
  bool full_table = false;
  for (std::uint32_t i = 0; i < header.shnum; ++i) {
    SectionHeader s = section(i);
    if (s.type != kSymtab && s.type != kDynsym)
      continue;
    if (full_table && s.type == kDynsym)
      continue;
    auto read = readSymbols(file, header, s);
    if (!read)
      return tl::unexpected(read.error());
    chosen = std::move(*read);
    full_table = s.type == kSymtab;
  }
  std::map<std::string, std::size_t, std::less<>> by_name;
  for (std::size_t i = 0; i < chosen.entries.size(); ++i) {
    const ElfSymbol &symbol = chosen.entries[i];
    int type = symbol.info & 0xf;
    if (symbol.shndx == 0 || chosen.names[i].empty() || type > 2)
      continue;
    by_name.emplace(chosen.names[i], object.symbols.size());
    object.symbols.push_back({chosen.names[i], symbol.value, symbol.size, type == 2});
  }

  for (std::uint32_t i = 0; i < header.shnum; ++i) {
    SectionHeader s = section(i);
    if (s.type != kRela)
      continue;
    if (!file.holds(s.offset, s.size) || s.link >= header.shnum)
      return damaged("relocations outside the file");
    auto symbols = readSymbols(file, header, section(s.link));
    if (!symbols)
      return tl::unexpected(symbols.error());
    std::uint64_t count = s.size / sizeof(ElfRela);
    if (count > kMaxSymbols)
      return damaged("too many relocations");
    for (std::uint64_t r = 0; r < count; ++r) {
      auto rela = file.get<ElfRela>(s.offset + r * sizeof(ElfRela));
      std::uint64_t index = rela.info >> 32;
      if (index >= std::max<std::size_t>(1, symbols->entries.size()))
        return damaged("a relocation against a symbol that does not exist");
      Relocation relocation;
      relocation.address = rela.offset;
      relocation.type = static_cast<std::uint32_t>(rela.info);
      relocation.addend = rela.addend;
      if (index < symbols->entries.size()) {
        relocation.symbol = symbols->names[index];
        relocation.symbol_address = symbols->entries[index].value;
      }
      object.relocations.push_back(std::move(relocation));
    }
  }

  if (!found_metadata)
    return object;
  auto kernels = readMetadata(metadata, object);
  if (!kernels)
    return tl::unexpected(kernels.error());
  for (KernelMetadata &kernel_metadata : *kernels) {
    Kernel kernel;
    auto descriptor = by_name.find(kernel_metadata.symbol);
    if (descriptor == by_name.end())
      return damaged(fmt::format("kernel '{}' has no descriptor symbol '{}'", kernel_metadata.name,
                                 kernel_metadata.symbol));
    kernel.descriptor_address = object.symbols[descriptor->second].address;
    std::span<const std::byte> at = object.bytesAt(kernel.descriptor_address);
    if (at.size() < 64)
      return damaged(
          fmt::format("the descriptor of kernel '{}' lies outside the file", kernel_metadata.name));
    kernel.descriptor = readDescriptor(at.first(64));
    kernel.entry_address =
        kernel.descriptor_address + static_cast<std::uint64_t>(kernel.descriptor.entry_offset);
    const Segment *code = object.segmentAt(kernel.entry_address);
    if (!code || !code->executable || kernel.entry_address % 4 != 0 ||
        object.bytesAt(kernel.entry_address).size() < 4)
      return damaged(
          fmt::format("the entry of kernel '{}' lies outside the code", kernel_metadata.name));
    if (auto function = by_name.find(kernel_metadata.name); function != by_name.end())
      kernel.code_bytes = object.symbols[function->second].bytes;
    kernel.metadata = std::move(kernel_metadata);
    object.kernels.push_back(std::move(kernel));
  }
  return object;
}

} // namespace gemmsmith
