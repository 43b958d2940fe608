#include "cache/bundle_writer.h"

#include "configs/atomic_file.h"

#include <string_view>
#include <utility>

namespace gemmsmith {

Expected<void> BundleWriter::add(const Entry &entry) {
  auto bytes = encodeEntry(entry);
  if (!bytes)
    return tl::unexpected(bytes.error());
  if (entries_.size() >= kMaxBundleEntries && !entries_.contains(entry.key.hash()))
    return makeError(ErrorKind::kFailed, "a bundle cannot hold more than 2^20 entries");
  entries_[entry.key.hash()] = std::move(*bytes);
  return {};
}

Expected<std::vector<std::byte>> BundleWriter::bytes(const BundleSigner &sign) const {
  std::vector<BundleRecord> records;
  std::uint64_t end = kBundleHeaderBytes + entries_.size() * kBundleRecordBytes;
  for (const auto &[hash, entry] : entries_) {
    records.push_back(
        {.hash = hash, .offset = end, .bytes = entry.size(), .checksum = hash128(entry)});
    end += entry.size();
  }
  std::vector<std::byte> bytes = writeBundleIndex(records, sign ? kBundleSignatureBytes : 0);
  bytes.reserve(end + kBundleSignatureBytes);
  for (const auto &[hash, entry] : entries_)
    bytes.insert(bytes.end(), entry.begin(), entry.end());
  if (!sign)
    return bytes;
  const auto signature = sign(bytes);
  if (!signature)
    return tl::unexpected(signature.error());
  bytes.insert(bytes.end(), signature->begin(), signature->end());
  return bytes;
}

Expected<void> BundleWriter::write(const std::string &path, const BundleSigner &sign) const {
  return bytes(sign).and_then([&](const std::vector<std::byte> &bytes) {
    return writeFileAtomically(
        path, std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()),
        WritableBy::kOwner);
  });
}

} // namespace gemmsmith
