#include "cache/compiler_record.h"

#include "cache/entry.h"
#include "cache/pending_file.h"
#include "cache/store_layout.h"
#include "cache/store_listing.h"
#include "cache/trusted_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::string_view kFirstLine = "gemmsmith-compiler-1\n";
constexpr std::string_view kCompiler = "compiler ";
constexpr std::string_view kFile = "file ";
constexpr std::uint64_t kMaxRecordBytes = 64 << 10;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

// What decides which compiler is found: compiler/hiprtc/candidates.cpp and the workers' programs.
constexpr std::array kVariables = {"GEMMSMITH_HIPRTC", "GEMMSMITH_HIPRTC_WORKER",
                                   "GEMMSMITH_ROCM_ROOT", "GEMMSMITH_WORKER", "ROCM_PATH"};

std::optional<StampedFile> stamp(const std::string &path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    return std::nullopt;
  return StampedFile{.path = path,
                     .bytes = static_cast<std::uint64_t>(status.st_size),
                     .changed_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

// The text up to the next `end`, which is taken off with it.
std::optional<std::string_view> takeUpTo(std::string_view &text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos)
    return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

template <typename Number> bool parseNumber(std::string_view text, Number &number) {
  const char *const begin = text.data();
  const char *const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  return error == std::errc() && stop == end;
}

std::optional<StampedFile> parseFile(std::string_view line) {
  if (!line.starts_with(kFile))
    return std::nullopt;
  line.remove_prefix(kFile.size());
  StampedFile file;
  const auto bytes = takeUpTo(line, ' ');
  const auto changed = takeUpTo(line, ' ');
  if (!bytes || !changed || line.empty() || !parseNumber(*bytes, file.bytes) ||
      !parseNumber(*changed, file.changed_ns))
    return std::nullopt;
  file.path = line;
  return file;
}

std::optional<CompilerRecord> readRecord(int directory, const std::string &name) {
  const auto file = openTrustedFile(directory, name);
  if (!file)
    return std::nullopt;
  const auto bytes = readWhole(*file, name, kMaxRecordBytes);
  if (!bytes)
    return std::nullopt;
  return decodeCompilerRecord({reinterpret_cast<const char *>(bytes->data()), bytes->size()});
}

// By a record, or by the key of an entry, whose other bytes are checked by whoever gets it.
std::optional<std::string> compilerNamedBy(int directory, const StoreFile &file) {
  if (file.kind == StoreFileKind::kCompiler) {
    auto record = readRecord(directory, file.name);
    return record ? std::optional(std::move(record->compiler)) : std::nullopt;
  }
  if (file.kind != StoreFileKind::kEntry)
    return std::nullopt;
  const auto opened = openTrustedFile(directory, file.name);
  if (!opened)
    return std::nullopt;
  const auto start =
      readAt(*opened, file.name, 0, std::min<std::uint64_t>(opened->bytes, kMaxEntryStartBytes));
  if (!start)
    return std::nullopt;
  const auto key = claimedKey(*start);
  return key ? std::optional(key->fields().compiler) : std::nullopt;
}

} // namespace

bool CompilerRecord::isCurrent() const {
  return !files.empty() && std::ranges::all_of(files, [](const StampedFile &file) {
    return stamp(file.path) == file;
  });
}

Expected<CompilerRecord> makeCompilerRecord(std::string compiler,
                                            const std::vector<std::string> &files) {
  CompilerRecord record{.compiler = std::move(compiler), .files = {}};
  for (const std::string &path : files) {
    const auto stamped = stamp(path);
    if (!stamped)
      return makeError(ErrorKind::kFailed,
                       "cannot be looked at: " + std::generic_category().message(errno), path);
    if (path.find('\n') != path.npos)
      return makeError(ErrorKind::kFailed, "has a line feed in its name", path);
    record.files.push_back(*stamped);
  }
  return record;
}

Hash128 installationHash(const std::string &program) {
  const std::unique_ptr<char, void (*)(void *)> path(::realpath(program.c_str(), nullptr),
                                                     std::free);
  std::string text = path ? path.get() : program;
  if (const auto stamped = stamp(text))
    text += fmt::format("\n{} {}", stamped->bytes, stamped->changed_ns);
  for (const char *name : kVariables) {
    const char *value = std::getenv(name);
    text.append("\n").append(name).append("=").append(value ? value : "");
  }
  return hash128(text);
}

std::string encodeCompilerRecord(const CompilerRecord &record) {
  std::string text = fmt::format("{}{}{}\n", kFirstLine, kCompiler, record.compiler);
  for (const StampedFile &file : record.files)
    text += fmt::format("{}{} {} {}\n", kFile, file.bytes, file.changed_ns, file.path);
  return text;
}

std::optional<CompilerRecord> decodeCompilerRecord(std::string_view text) {
  if (!text.starts_with(kFirstLine))
    return std::nullopt;
  text.remove_prefix(kFirstLine.size());
  const auto compiler = takeUpTo(text, '\n');
  if (!compiler || !compiler->starts_with(kCompiler))
    return std::nullopt;
  CompilerRecord record{.compiler = std::string(compiler->substr(kCompiler.size())), .files = {}};
  if (!Hash128::parse(record.compiler))
    return std::nullopt;
  while (!text.empty()) {
    const auto line = takeUpTo(text, '\n');
    auto file = line ? parseFile(*line) : std::nullopt;
    if (!file)
      return std::nullopt;
    record.files.push_back(std::move(*file));
  }
  return record;
}

std::optional<CompilerRecord> readCompilerRecord(int directory, const Hash128 &installation) {
  return directory < 0 ? std::nullopt : readRecord(directory, compilerRecordName(installation));
}

std::vector<std::string> compilersOf(int directory) {
  auto files = listStore(directory);
  if (!files)
    return {};
  std::ranges::sort(*files, std::ranges::greater(), [](const StoreFile &file) {
    return std::tuple(file.kind == StoreFileKind::kCompiler, file.modified.tv_sec,
                      file.modified.tv_nsec, file.hash);
  });
  std::vector<std::string> compilers;
  for (const StoreFile &file : *files) {
    auto compiler = compilerNamedBy(directory, file);
    if (compiler && std::ranges::find(compilers, *compiler) == compilers.end())
      compilers.push_back(std::move(*compiler));
  }
  return compilers;
}

Expected<void> writeCompilerRecord(int directory, const Hash128 &installation,
                                   const CompilerRecord &record) {
  const std::string text = encodeCompilerRecord(record);
  return writeStoreFile(directory, installation, compilerRecordName(installation),
                        std::as_bytes(std::span(text)));
}

} // namespace gemmsmith
