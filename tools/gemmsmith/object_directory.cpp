#include "tools/gemmsmith/object_directory.h"

#include "configs/atomic_file.h"
#include "configs/hash128.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

constexpr const char *kManifest = "manifest.json";
constexpr const char *kJournal = "build.journal";
constexpr std::size_t kHashDigits = 32;

std::string systemError(int code) {
  return std::generic_category().message(code);
}

// All of `text`, or errno.
int writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

} // namespace

ObjectDirectory::ObjectDirectory(fs::path path, std::string target, std::string generator)
    : path_(std::move(path)), target_(std::move(target)), generator_(std::move(generator)) {}

ObjectDirectory::ObjectDirectory(ObjectDirectory &&other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)),
      generator_(std::move(other.generator_)), records_(std::move(other.records_)),
      lock_fd_(std::exchange(other.lock_fd_, -1)),
      journal_fd_(std::exchange(other.journal_fd_, -1)) {}

ObjectDirectory::~ObjectDirectory() {
  if (journal_fd_ >= 0)
    ::close(journal_fd_);
  if (lock_fd_ >= 0)
    ::close(lock_fd_);
}

fs::path ObjectDirectory::objectPath(const std::string &kernel) const {
  return path_ / (kernel + ".co");
}

Expected<ObjectDirectory> ObjectDirectory::open(fs::path path, std::string target,
                                                std::string generator) {
  ObjectDirectory directory(std::move(path), std::move(target), std::move(generator));
  const std::string where = directory.path_.string();
  std::error_code error;
  fs::create_directories(directory.path_, error);
  if (error)
    return makeError(ErrorKind::kFailed, "cannot create the directory: " + error.message(), where);
  directory.lock_fd_ = ::open(where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory.lock_fd_ < 0)
    return makeError(ErrorKind::kFailed, "cannot open the directory: " + systemError(errno), where);
  if (::access(where.c_str(), W_OK | X_OK) != 0)
    return makeError(ErrorKind::kFailed, "cannot write to the directory: " + systemError(errno),
                     where);
  const bool locked = ::flock(directory.lock_fd_, LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno == EWOULDBLOCK)
    return makeError(ErrorKind::kFailed, "another build is writing to this directory", where);
  // Some network file systems cannot lock directories; there, two builds at once only waste work.
  if (locked)
    directory.removeLeftovers();
  directory.readManifest();
  directory.readJournal();
  return directory;
}

// Temporary files of a build that was killed between writing and renaming. The lock says that
// nobody is about to rename them.
void ObjectDirectory::removeLeftovers() {
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    const bool ours =
        name.starts_with("gemm_") || name.starts_with(kManifest) || name.starts_with(kJournal);
    std::error_code ignored; // a leftover that stays does no harm
    if (ours && name.find(".tmp") != std::string::npos)
      fs::remove(entry.path(), ignored);
  }
}

void ObjectDirectory::readManifest() {
  std::ifstream file(path_ / kManifest, std::ios::binary);
  const OrderedJson manifest = OrderedJson::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || manifest.value("generator", OrderedJson()) != generator_)
    return;
  const auto objects = manifest.find("objects");
  if (objects == manifest.end() || !objects->is_object())
    return;
  for (const auto &[kernel, object] : objects->items())
    if (object.is_object() && object.contains("xxh3") && object["xxh3"].is_string())
      records_[kernel] = object["xxh3"].get<std::string>();
}

void ObjectDirectory::readJournal() {
  std::ifstream file(path_ / kJournal, std::ios::binary);
  std::string line;
  if (!std::getline(file, line) || line != "generator " + generator_)
    return;
  // A last line that was cut off has too few digits.
  while (std::getline(file, line))
    if (const auto space = line.find(' ');
        space != std::string::npos && line.size() == space + 1 + kHashDigits)
      records_[line.substr(0, space)] = line.substr(space + 1);
}

std::optional<StoredObject> ObjectDirectory::find(const std::string &kernel) const {
  const auto record = records_.find(kernel);
  if (record == records_.end())
    return std::nullopt;
  const auto bytes = readObjectFile(objectPath(kernel).string());
  if (!bytes || hash128(*bytes).hex() != record->second)
    return std::nullopt;
  const auto summary = summarizeObject(*bytes);
  if (!summary || summary->kernel != kernel || summary->target != target_)
    return std::nullopt;
  return StoredObject{record->second, bytes->size(), summary->resources};
}

Expected<std::vector<std::byte>> ObjectDirectory::read(const std::string &kernel) const {
  return readObjectFile(objectPath(kernel).string());
}

Expected<void> ObjectDirectory::begin(const std::map<std::string, StoredObject> &reused) {
  std::string journal = fmt::format("generator {}\n", generator_);
  for (const auto &[kernel, object] : reused)
    journal += fmt::format("{} {}\n", kernel, object.hash);
  const fs::path path = path_ / kJournal;
  if (auto written = writeFileAtomically(path.string(), journal); !written)
    return written;
  journal_fd_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (journal_fd_ < 0)
    return makeError(ErrorKind::kFailed, "cannot be written: " + systemError(errno), path.string());
  std::error_code error;
  fs::remove(path_ / kManifest, error);
  if (error)
    return makeError(ErrorKind::kFailed, "cannot be replaced: " + error.message(),
                     (path_ / kManifest).string());
  return {};
}

Expected<StoredObject> ObjectDirectory::store(const std::string &kernel,
                                              std::span<const std::byte> bytes) {
  const auto summary = summarizeObject(bytes);
  if (!summary)
    return makeError(ErrorKind::kInternal,
                     "the compiler made no code object: " + summary.error().message, kernel);
  if (summary->kernel != kernel || summary->target != target_)
    return makeError(
        ErrorKind::kInternal,
        fmt::format("the compiler made kernel {} for {} instead", summary->kernel, summary->target),
        kernel);
  const std::string path = objectPath(kernel).string();
  const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (auto written = writeFileAtomically(path, text); !written)
    return tl::unexpected(written.error());
  StoredObject object{hash128(bytes).hex(), bytes.size(), summary->resources};
  if (const int code = writeAll(journal_fd_, fmt::format("{} {}\n", kernel, object.hash)))
    return makeError(ErrorKind::kFailed, "cannot be written: " + systemError(code),
                     (path_ / kJournal).string());
  return object;
}

Expected<void> ObjectDirectory::finish(const OrderedJson &manifest) {
  if (auto written = writeFileAtomically((path_ / kManifest).string(), dumpJson(manifest));
      !written)
    return written;
  if (journal_fd_ >= 0)
    ::close(std::exchange(journal_fd_, -1));
  std::error_code ignored; // the manifest holds the same records: a journal that stays does no harm
  fs::remove(path_ / kJournal, ignored);
  return {};
}

} // namespace gemmsmith
