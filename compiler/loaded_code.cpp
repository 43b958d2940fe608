#include "compiler/loaded_code.h"

#include "configs/hash128.h"
#include "configs/this_file.h"

#include <algorithm>
#include <elf.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <string_view>
#include <vector>

namespace gemmsmith {

namespace {

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

std::string_view fileName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string pathOf(const dl_phdr_info &info) {
  return *info.dlpi_name != 0 ? info.dlpi_name : thisProgram();
}

// Identifies one loaded file: its build ID, or its bytes.
std::string identify(const dl_phdr_info &info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto &segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE)
      continue;
    const auto *note = reinterpret_cast<const char *>(info.dlpi_addr + segment.p_vaddr);
    if (std::string id = buildId(note, segment.p_memsz); !id.empty())
      return id;
  }
  std::ifstream file(pathOf(info), std::ios::binary);
  return hash128(std::string(std::istreambuf_iterator<char>(file), {})).hex();
}

template <typename Visitor> void forEachLoaded(Visitor visitor) {
  ::dl_iterate_phdr(
      [](dl_phdr_info *info, std::size_t, void *data) {
        (*static_cast<Visitor *>(data))(*info);
        return 0;
      },
      &visitor);
}

} // namespace

std::string loadedCodeFingerprint(const CodeFilter &covers) {
  std::vector<std::string> parts;
  forEachLoaded([&](const dl_phdr_info &info) {
    if (covers(fileName(info.dlpi_name)))
      parts.push_back(identify(info));
  });
  std::ranges::sort(parts); // the order of loading means nothing
  std::string all;
  for (const std::string &part : parts)
    all += part + "\n";
  return hash128(all).hex();
}

std::vector<std::string> loadedFiles(const CodeFilter &takes) {
  std::vector<std::string> paths;
  forEachLoaded([&](const dl_phdr_info &info) {
    if (takes(fileName(info.dlpi_name)))
      paths.push_back(pathOf(info));
  });
  return paths;
}

} // namespace gemmsmith
