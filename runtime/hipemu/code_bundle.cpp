#include "runtime/hipemu/code_bundle.h"

#include "runtime/hipemu/device_properties.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith::hipemu {
namespace {

constexpr std::string_view kBundleMagic = "__CLANG_OFFLOAD_BUNDLE__";
constexpr std::uint64_t kMaxEntries = 4096;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 32;

// Bytes of which the caller may not have said how many there are.
class Input {
public:
  Input(const void *data, std::optional<std::size_t> bytes)
      : data_(static_cast<const std::byte *>(data)), bytes_(bytes.value_or(kMaxBytes)) {}

  bool has(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= bytes_ && bytes <= bytes_ - offset;
  }
  // A value at an offset that has() confirmed.
  template <typename T> T at(std::uint64_t offset) const {
    T value;
    std::memcpy(&value, data_ + offset, sizeof value);
    return value;
  }
  bool startsWith(std::string_view magic) const {
    return has(0, magic.size()) && std::memcmp(data_, magic.data(), magic.size()) == 0;
  }
  std::string_view text(std::uint64_t offset, std::uint64_t bytes) const {
    return {reinterpret_cast<const char *>(data_ + offset), bytes};
  }
  std::span<const std::byte> span(std::uint64_t offset, std::uint64_t bytes) const {
    return {data_ + offset, bytes};
  }

private:
  const std::byte *data_;
  std::uint64_t bytes_;
};

tl::unexpected<Error> invalid(std::string what) {
  return makeError(ErrorKind::kInput, std::move(what));
}

// Up to the end of the last thing that the headers speak of.
Expected<std::span<const std::byte>> wholeElf(const Input &input,
                                              std::optional<std::size_t> bytes) {
  if (bytes)
    return input.span(0, *bytes);
  auto header = input.at<Elf64_Ehdr>(0);
  std::uint64_t end = sizeof header;
  // The end of a part of the file; past kMaxBytes if it cannot be.
  auto reach = [&](std::uint64_t offset, std::uint64_t size) {
    end = std::max(end, offset > kMaxBytes || size > kMaxBytes ? kMaxBytes + 1 : offset + size);
  };
  if (header.e_shnum)
    reach(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  if (header.e_phnum)
    reach(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || end > kMaxBytes ||
      (header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr)) ||
      (header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr)))
    return invalid("the code object's ELF header makes no sense");
  for (unsigned n = 0; n < header.e_shnum; ++n) {
    auto section = input.at<Elf64_Shdr>(header.e_shoff + n * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_NOBITS)
      reach(section.sh_offset, section.sh_size);
  }
  for (unsigned n = 0; n < header.e_phnum; ++n) {
    auto segment = input.at<Elf64_Phdr>(header.e_phoff + n * sizeof(Elf64_Phdr));
    reach(segment.p_offset, segment.p_filesz);
  }
  if (end > kMaxBytes)
    return invalid(fmt::format("a code object of {} bytes is too large", end));
  return input.span(0, end);
}

// "gfx950", "gfx950:sramecc+", "gfx950:sramecc+:xnack-": the features that it names must be ours.
// -1: not for this device; else how many features it names.
int match(std::string_view target) {
  std::string_view ours = mi355x::kTargetId;
  int features = -1;
  while (!target.empty()) {
    std::string_view part = target.substr(0, target.find(':'));
    target.remove_prefix(std::min(target.size(), part.size() + 1));
    if (features < 0 ? part != ours.substr(0, ours.find(':'))
                     : ours.find(':' + std::string(part)) == ours.npos)
      return -1;
    ++features;
  }
  return features;
}

Expected<std::span<const std::byte>> fromBundle(const Input &input) {
  std::uint64_t at = kBundleMagic.size();
  if (!input.has(at, 8))
    return invalid("the offload bundle is cut off");
  auto entries = input.at<std::uint64_t>(at);
  at += 8;
  if (entries > kMaxEntries)
    return invalid(fmt::format("an offload bundle with {} entries", entries));
  int best = -1;
  std::span<const std::byte> code;
  std::string seen;
  for (std::uint64_t n = 0; n < entries; ++n) {
    if (!input.has(at, 24))
      return invalid("the offload bundle is cut off");
    auto offset = input.at<std::uint64_t>(at), bytes = input.at<std::uint64_t>(at + 8),
         id_bytes = input.at<std::uint64_t>(at + 16);
    at += 24;
    if (!input.has(at, id_bytes) || !input.has(offset, bytes))
      return invalid("the offload bundle is cut off");
    std::string_view id = input.text(at, id_bytes);
    at += id_bytes;
    if (id.starts_with("host"))
      continue;
    seen += (seen.empty() ? "" : ", ") + std::string(id);
    // Kind and triple, of which the environment is empty: "hipv4-amdgcn-amd-amdhsa--".
    std::size_t target = id.rfind("--");
    if (target == id.npos || !id.starts_with("hip") || bytes == 0)
      continue;
    if (int features = match(id.substr(target + 2)); features > best) {
      best = features;
      code = input.span(offset, bytes);
    }
  }
  if (best < 0)
    return makeError(ErrorKind::kUsage,
                     fmt::format("the offload bundle has no code for {}, only {}",
                                 mi355x::kTargetId, seen.empty() ? "none" : seen));
  return code;
}

} // namespace

Expected<std::span<const std::byte>> selectCodeObject(const void *data,
                                                      std::optional<std::size_t> bytes) {
  Input input(data, bytes);
  if (input.startsWith("\177ELF") && input.has(0, sizeof(Elf64_Ehdr)))
    return wholeElf(input, bytes);
  if (input.startsWith("CCOB"))
    return invalid("compressed offload bundles are not supported: compile with "
                   "--no-offload-compress");
  if (input.startsWith(kBundleMagic))
    return fromBundle(input);
  return invalid("neither a code object nor an offload bundle");
}

} // namespace gemmsmith::hipemu
