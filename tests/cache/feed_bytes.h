// The readers of the store's byte formats, fed with any bytes: for the fuzz targets and their
// regression.
#pragma once

#include "cache/bundle_index.h"
#include "tests/cache/sample_entry.h"
#include "tests/support/demand.h"

#include <string_view>

namespace gemmsmith {

inline void feedDecoder(std::string_view bytes) {
  const auto claimed = claimedKey(std::as_bytes(std::span(bytes)));
  const auto entry = decoded(bytes);
  if (!entry)
    return demand(!entry.error().message.empty());
  demand(entry->code_object.size() <= kMaxCodeObjectBytes);
  demand(claimed && *claimed == entry->key);
  const auto again = decoded(encoded(*entry));
  demand(again && again->key == entry->key && again->manifest == entry->manifest &&
         again->code_object == entry->code_object);
}

// As they are, and with a checksum that holds: else nothing behind it would ever be reached.
inline void feedEntry(std::string_view bytes) {
  feedDecoder(bytes);
  feedDecoder(resealed(std::string(bytes)));
}

inline void feedIndexReader(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  const auto header = readBundleHeader(bytes, bytes.size());
  if (!header)
    return demand(!header.error().message.empty());
  const auto records = readBundleIndex(bytes, *header, bytes.size());
  if (!records)
    return demand(!records.error().message.empty());
  demand(records->size() == header->entries);
  for (const BundleRecord &record : *records) {
    demand(record.offset <= bytes.size() && record.bytes <= bytes.size() - record.offset);
    (void)decodeEntry(bytes.subspan(record.offset, record.bytes));
  }
  const auto again = writeBundleIndex(*records, header->signature_bytes);
  demand(textOf(again) == text.substr(0, again.size()));
}

// As they are, and with a checksum of the index that holds.
inline void feedBundle(std::string_view bytes) {
  feedIndexReader(bytes);
  const auto header = readBundleHeader(std::as_bytes(std::span(bytes)), bytes.size());
  if (!header)
    return;
  constexpr std::size_t kChecksumAt = 24;
  constexpr std::size_t kChecksum = sizeof(Hash128::bytes);
  const std::size_t index_end = kBundleHeaderBytes + header->indexBytes();
  std::string sealed(bytes);
  sealed.erase(kChecksumAt, kChecksum);
  const Hash128 checksum = hash128(std::string_view(sealed).substr(0, index_end - kChecksum));
  sealed.insert(kChecksumAt, reinterpret_cast<const char *>(checksum.bytes.data()), kChecksum);
  feedIndexReader(sealed);
}

} // namespace gemmsmith
