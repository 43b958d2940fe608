#include "cache/bundle.h"

#include <algorithm>
#include <fcntl.h>
#include <set>
#include <utility>

namespace gemmsmith {

namespace {

tl::unexpected<Error> unusable(const std::string &path, const Miss &miss) {
  if (miss.reason == MissReason::kAbsent)
    return makeError(ErrorKind::kInput, "there is no such bundle", path);
  return makeError(ErrorKind::kInput, miss.why); // which has the path
}

tl::unexpected<Error> unusable(const std::string &path, Error error) {
  error.where = path;
  return tl::unexpected(std::move(error));
}

} // namespace

Bundle::Bundle(std::string path, TrustedFile file, const BundleHeader &header,
               std::vector<BundleRecord> records)
    : path_(std::move(path)), file_(std::move(file)), header_(header),
      records_(std::move(records)) {}

Expected<Bundle> Bundle::open(std::string path) {
  auto file = openTrustedFile(AT_FDCWD, path);
  if (!file)
    return unusable(path, file.error());
  const auto start =
      readAt(*file, path, 0, std::min<std::uint64_t>(file->bytes, kBundleHeaderBytes));
  if (!start)
    return unusable(path, start.error());
  const auto header = readBundleHeader(*start, file->bytes);
  if (!header)
    return unusable(path, header.error());
  const auto bytes = readAt(*file, path, 0, kBundleHeaderBytes + header->indexBytes());
  if (!bytes)
    return unusable(path, bytes.error());
  auto records = readBundleIndex(*bytes, *header, file->bytes);
  if (!records)
    return unusable(path, records.error());
  return Bundle(std::move(path), std::move(*file), *header, std::move(*records));
}

Found<Entry> Bundle::get(const CacheKey &key) const {
  const auto record = std::ranges::lower_bound(records_, key.hash(), {}, &BundleRecord::hash);
  if (record == records_.end() || record->hash != key.hash())
    return makeMiss(MissReason::kAbsent);
  auto entry = read(*record);
  if (entry && entry->key != key)
    return makeMiss(MissReason::kDamaged, path_ + ": holds the entry of another key");
  return entry;
}

Found<Entry> Bundle::read(const BundleRecord &record) const {
  const auto bytes = readAt(file_, path_, record.offset, record.bytes);
  if (!bytes)
    return tl::unexpected(bytes.error());
  const auto damaged = [&](const std::string &why) {
    return makeMiss(MissReason::kDamaged, path_ + ": entry " + record.hash.hex() + ": " + why);
  };
  if (hash128(*bytes) != record.checksum)
    return damaged("its checksum in the index does not hold");
  auto entry = decodeEntry(*bytes);
  if (!entry)
    return damaged(entry.error().message);
  if (entry->key.hash() != record.hash)
    return damaged("it stands under the hash of another key");
  return std::move(*entry);
}

std::vector<std::string> Bundle::compilers() const {
  std::set<std::string> compilers;
  for (const BundleRecord &record : records_) {
    const auto start = readAt(file_, path_, record.offset,
                              std::min<std::uint64_t>(record.bytes, kMaxEntryStartBytes));
    if (!start)
      continue;
    if (const auto key = claimedKey(*start))
      compilers.insert(key->fields().compiler);
  }
  return {compilers.begin(), compilers.end()};
}

Found<std::vector<std::byte>> Bundle::readAll() const {
  return readAt(file_, path_, 0, file_.bytes);
}

} // namespace gemmsmith
