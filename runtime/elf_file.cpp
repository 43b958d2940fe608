// Reading ELF-64: header, segments and notes, symbols, relocations, in this order.
#include "runtime/elf_file.h"

#include "runtime/byte_reader.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <string>

namespace gemmsmith {
namespace {

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
constexpr int kWeak = 2;                          // symbol binding
constexpr std::uint32_t kNoteAmdgpuMetadata = 32; // NT_AMDGPU_METADATA

// Notes and tables of a real file do not overlap, and few symbols share a name, so all that is read
// of it is a small multiple of its size. The limit bounds the work and the memory that a hostile
// file can cause.
class Budget {
public:
  explicit Budget(std::uint64_t file_bytes) : left_(file_bytes * 16) {}
  bool spend(std::uint64_t bytes) {
    if (bytes > left_)
      return false;
    left_ -= bytes;
    return true;
  }

private:
  std::uint64_t left_;
};
tl::unexpected<Error> overspent() {
  return damagedCodeObject("its notes and tables overlap, or share names, without end");
}

Expected<ElfHeader> readHeader(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(ElfHeader))
    return damagedCodeObject(fmt::format("{} bytes are too few for an ELF header", bytes.size()));
  auto header = ByteReader(bytes).get<ElfHeader>(0);
  if (std::memcmp(header.ident,
                  "\x7f"
                  "ELF",
                  4) != 0)
    return damagedCodeObject("no ELF magic number");
  if (header.ident[4] != 2 || header.ident[5] != 1)
    return damagedCodeObject("not a 64-bit little-endian ELF file");
  if (header.machine != kMachineAmdgpu)
    return damagedCodeObject(
        fmt::format("ELF machine {} is not AMDGPU ({})", header.machine, int{kMachineAmdgpu}));
  if (header.ident[7] != kOsAbiAmdgpuHsa)
    return damagedCodeObject(fmt::format("ELF OS ABI {} is not AMDHSA", int{header.ident[7]}));
  int abi = header.ident[8];
  if (abi < 1 || abi > 4)
    return makeError(ErrorKind::kInput,
                     fmt::format("code object ABI version {} is not supported; versions 3 to 6 "
                                 "(ABI 1 to 4) are",
                                 abi));
  if (header.type != 3)
    return damagedCodeObject("not linked (an object file, not a shared object)");
  return header;
}

bool isName(std::span<const std::byte> bytes) {
  constexpr char kName[] = "AMDGPU"; // with its zero
  return bytes.size() >= sizeof kName && std::memcmp(bytes.data(), kName, sizeof kName) == 0;
}

// The first metadata note of a note segment, into `elf` unless it has one.
Expected<void> readNotes(std::span<const std::byte> bytes, ElfFile &elf) {
  ByteReader notes(bytes);
  for (std::uint64_t at = 0; notes.holds(at, 12);) {
    std::uint64_t name_size = notes.get<std::uint32_t>(at);
    std::uint64_t data_size = notes.get<std::uint32_t>(at + 4);
    auto type = notes.get<std::uint32_t>(at + 8);
    std::uint64_t data_at = at + 12 + (name_size + 3) / 4 * 4;
    if (!notes.holds(at + 12, name_size) || !notes.holds(data_at, data_size))
      return damagedCodeObject("a note outside its segment");
    if (type == kNoteAmdgpuMetadata && isName(notes.slice(at + 12, name_size)) && !elf.metadata)
      elf.metadata = notes.slice(data_at, data_size);
    at = data_at + (data_size + 3) / 4 * 4;
  }
  return {};
}

Expected<void> readSegments(const ByteReader &file, const ElfHeader &header, Budget &budget,
                            ElfFile &elf) {
  if (header.phnum && header.phentsize != sizeof(ProgramHeader))
    return damagedCodeObject("program headers of an unknown size");
  if (!file.holds(header.phoff, std::uint64_t{header.phnum} * sizeof(ProgramHeader)))
    return damagedCodeObject("program headers outside the file");
  for (std::uint32_t i = 0; i < header.phnum; ++i) {
    auto program = file.get<ProgramHeader>(header.phoff + std::uint64_t{i} * sizeof(ProgramHeader));
    if (program.type != kLoad && program.type != kNote)
      continue;
    if (!file.holds(program.offset, program.filesz))
      return damagedCodeObject("a segment outside the file");
    if (program.type == kLoad) {
      // 2^40 bytes of zero-fill are more than any device has; the limit also keeps sums from
      // wrapping.
      if (program.memsz < program.filesz || program.memsz > (std::uint64_t{1} << 40) ||
          program.vaddr > (std::uint64_t{1} << 46))
        return damagedCodeObject("a segment of impossible size or address");
      elf.segments.push_back({program.vaddr, program.memsz,
                              file.slice(program.offset, program.filesz), (program.flags & 1) != 0,
                              (program.flags & 2) != 0});
      continue;
    }
    if (!budget.spend(program.filesz))
      return overspent();
    if (auto ok = readNotes(file.slice(program.offset, program.filesz), elf); !ok)
      return ok;
  }
  std::sort(elf.segments.begin(), elf.segments.end(),
            [](const Segment &a, const Segment &b) { return a.address < b.address; });
  for (std::size_t i = 1; i < elf.segments.size(); ++i)
    if (elf.segments[i].address < elf.segments[i - 1].address + elf.segments[i - 1].memory_bytes)
      return damagedCodeObject("overlapping segments");
  return {};
}

SectionHeader sectionHeader(const ByteReader &file, const ElfHeader &header, std::uint32_t i) {
  return file.get<SectionHeader>(header.shoff + std::uint64_t{i} * sizeof(SectionHeader));
}

struct RawSymbols {
  std::vector<ElfSymbol> entries;
  std::vector<std::string> names;
};

Expected<RawSymbols> readSymbols(const ByteReader &file, const ElfHeader &header,
                                 const SectionHeader &section, Budget &budget) {
  RawSymbols symbols;
  if (section.link >= header.shnum)
    return damagedCodeObject("a symbol table without a string table");
  if (!file.holds(section.offset, section.size))
    return damagedCodeObject("a symbol table outside the file");
  auto strings = file.get<SectionHeader>(header.shoff + std::uint64_t{section.link} * 64);
  if (!file.holds(strings.offset, strings.size))
    return damagedCodeObject("a string table outside the file");
  std::span<const std::byte> table = file.slice(strings.offset, strings.size);
  if (!table.empty() && table.back() != std::byte{0})
    return damagedCodeObject("a string table that does not end in a zero");
  std::uint64_t count = section.size / sizeof(ElfSymbol);
  if (!budget.spend(section.size))
    return overspent();
  ByteReader names(table);
  for (std::uint64_t i = 0; i < count; ++i) {
    symbols.entries.push_back(file.get<ElfSymbol>(section.offset + i * sizeof(ElfSymbol)));
    symbols.names.push_back(names.string(symbols.entries.back().name));
    if (!budget.spend(symbols.names.back().size()))
      return overspent();
  }
  return symbols;
}

Expected<void> readSymbolTable(const ByteReader &file, const ElfHeader &header, Budget &budget,
                               ElfFile &elf) {
  // .symtab has everything; a stripped object still has .dynsym with the kernels.
  RawSymbols chosen;
  bool full_table = false;
  for (std::uint32_t i = 0; i < header.shnum; ++i) {
    SectionHeader s = sectionHeader(file, header, i);
    if (s.type != kSymtab && s.type != kDynsym)
      continue;
    if (full_table && s.type == kDynsym)
      continue;
    auto read = readSymbols(file, header, s, budget);
    if (!read)
      return tl::unexpected(read.error());
    chosen = std::move(*read);
    full_table = s.type == kSymtab;
  }
  for (std::size_t i = 0; i < chosen.entries.size(); ++i) {
    const ElfSymbol &symbol = chosen.entries[i];
    int type = symbol.info & 0xf;
    if (symbol.shndx == 0 || chosen.names[i].empty() || type > 2)
      continue;
    elf.symbols.push_back({chosen.names[i], symbol.value, symbol.size, type == 2});
  }
  return {};
}

Expected<void> readRelocations(const ByteReader &file, const ElfHeader &header, Budget &budget,
                               ElfFile &elf) {
  for (std::uint32_t i = 0; i < header.shnum; ++i) {
    SectionHeader s = sectionHeader(file, header, i);
    if (s.type != kRela)
      continue;
    if (!file.holds(s.offset, s.size) || s.link >= header.shnum)
      return damagedCodeObject("relocations outside the file");
    auto symbols = readSymbols(file, header, sectionHeader(file, header, s.link), budget);
    if (!symbols)
      return tl::unexpected(symbols.error());
    std::uint64_t count = s.size / sizeof(ElfRela);
    if (!budget.spend(s.size))
      return overspent();
    for (std::uint64_t r = 0; r < count; ++r) {
      auto rela = file.get<ElfRela>(s.offset + r * sizeof(ElfRela));
      std::uint64_t index = rela.info >> 32;
      if (index >= std::max<std::size_t>(1, symbols->entries.size()))
        return damagedCodeObject("a relocation against a symbol that does not exist");
      Relocation relocation;
      relocation.address = rela.offset;
      relocation.type = static_cast<std::uint32_t>(rela.info);
      relocation.addend = rela.addend;
      if (index < symbols->entries.size()) {
        relocation.symbol = symbols->names[index];
        if (!budget.spend(relocation.symbol.size()))
          return overspent();
        relocation.symbol_address = symbols->entries[index].value;
        relocation.symbol_defined = symbols->entries[index].shndx != 0;
        relocation.symbol_weak = symbols->entries[index].info >> 4 == kWeak;
      }
      elf.relocations.push_back(std::move(relocation));
    }
  }
  return {};
}

} // namespace

Expected<ElfFile> readElfFile(std::span<const std::byte> bytes) {
  auto header = readHeader(bytes);
  if (!header)
    return tl::unexpected(header.error());
  ByteReader file(bytes);
  Budget budget(bytes.size());
  ElfFile elf;
  elf.flags = header->flags;
  elf.abi_version = header->ident[8];
  if (auto ok = readSegments(file, *header, budget, elf); !ok)
    return tl::unexpected(ok.error());
  if (header->shnum && header->shentsize != sizeof(SectionHeader))
    return damagedCodeObject("section headers of an unknown size");
  if (!file.holds(header->shoff, std::uint64_t{header->shnum} * sizeof(SectionHeader)))
    return damagedCodeObject("section headers outside the file");
  if (auto ok = readSymbolTable(file, *header, budget, elf); !ok)
    return tl::unexpected(ok.error());
  if (auto ok = readRelocations(file, *header, budget, elf); !ok)
    return tl::unexpected(ok.error());
  return elf;
}

} // namespace gemmsmith
