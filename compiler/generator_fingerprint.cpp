#include "compiler/generator_fingerprint.h"

#include <algorithm>
#include <array>
#include <elf.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <string_view>
#include <vector>
#include <xxhash.h>

namespace gemmsmith {

namespace {

std::string hashText(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

constexpr std::size_t alignNote(std::size_t bytes) {
  return (bytes + 3) & ~std::size_t{3};
}

// The GNU build ID in a note segment, as hexadecimal digits; empty when it has none.
std::string buildId(const char *note, std::size_t bytes) {
  while (bytes >= sizeof(ElfW(Nhdr))) {
    const auto *header = reinterpret_cast<const ElfW(Nhdr) *>(note);
    const std::size_t name_at = sizeof *header;
    const std::size_t id_at = name_at + alignNote(header->n_namesz);
    const std::size_t end = id_at + alignNote(header->n_descsz);
    if (end > bytes)
      return {};
    if (header->n_type == NT_GNU_BUILD_ID &&
        std::string_view(note + name_at, header->n_namesz) == std::string_view("GNU", 4)) {
      std::string text;
      for (std::size_t i = 0; i < header->n_descsz; ++i)
        text += fmt::format("{:02x}", static_cast<unsigned char>(note[id_at + i]));
      return text;
    }
    note += end;
    bytes -= end;
  }
  return {};
}

// The program itself (no name), and the libraries that decide what code comes out. The C and C++
// libraries do not, and their security updates should not invalidate every object.
bool decidesCode(std::string_view path) {
  if (path.empty())
    return true;
  const std::string_view file = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(std::array{"LLVM", "MLIR", "lld", "gemmsmith"}, [&](const char *part) {
    return file.find(part) != std::string_view::npos;
  });
}

int visit(dl_phdr_info *info, std::size_t, void *data) {
  auto &parts = *static_cast<std::vector<std::string> *>(data);
  const std::string path = info->dlpi_name;
  if (!decidesCode(path))
    return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE)
      continue;
    const auto *note = reinterpret_cast<const char *>(info->dlpi_addr + segment.p_vaddr);
    if (std::string id = buildId(note, segment.p_memsz); !id.empty()) {
      parts.push_back(std::move(id));
      return 0;
    }
  }
  std::ifstream file(path.empty() ? "/proc/self/exe" : path, std::ios::binary);
  parts.push_back(hashText(std::string(std::istreambuf_iterator<char>(file), {})));
  return 0;
}

} // namespace

std::string generatorFingerprint() {
  std::vector<std::string> parts;
  ::dl_iterate_phdr(visit, &parts);
  std::ranges::sort(parts); // the order of loading means nothing
  std::string all;
  for (const std::string &part : parts)
    all += part + "\n";
  return hashText(all);
}

} // namespace gemmsmith
