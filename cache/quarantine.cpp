#include "cache/quarantine.h"

#include "cache/trusted_directory.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <tuple>
#include <unistd.h>

namespace gemmsmith {

namespace {

// A file, or a directory that holds nothing.
void removeName(int directory, const std::string &name) {
  if (::unlinkat(directory, name.c_str(), 0) != 0)
    ::unlinkat(directory, name.c_str(), AT_REMOVEDIR);
}

void prune(int directory) {
  auto files = listStore(directory).value_or(std::vector<StoreFile>());
  std::ranges::sort(files, std::ranges::greater(), [](const StoreFile &file) {
    return std::tuple(file.modified.tv_sec, file.modified.tv_nsec);
  });
  for (std::size_t i = kMaxQuarantined; i < files.size(); ++i)
    removeName(directory, files[i].name);
}

} // namespace

void quarantine(int store, const Hash128 &hash) {
  const std::string name = entryFileName(hash);
  const FileDescriptor directory = openTrustedSubdirectory(store, kQuarantineName);
  if (directory.get() >= 0 && ::renameat(store, name.c_str(), directory.get(), name.c_str()) == 0)
    prune(directory.get());
  else
    removeName(store, name);
}

std::vector<StoreFile> listQuarantine(int store) {
  const FileDescriptor directory(
      ::openat(store, kQuarantineName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return listStore(directory.get()).value_or(std::vector<StoreFile>());
}

void clearQuarantine(int store) {
  const FileDescriptor directory(
      ::openat(store, kQuarantineName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  for (const StoreFile &file : listStore(directory.get()).value_or(std::vector<StoreFile>()))
    removeName(directory.get(), file.name);
  ::unlinkat(store, kQuarantineName, AT_REMOVEDIR);
}

} // namespace gemmsmith
