// The readers of the store's byte formats, fed with any bytes: for the fuzz targets and their
// regression.
#pragma once

#include "tests/cache/sample_entry.h"

#include <cstdlib>
#include <string_view>

namespace gemmsmith {

// Stops the program where a promise does not hold, so that a fuzzer sees it.
inline void demand(bool holds) {
  if (!holds)
    std::abort();
}

inline void feedDecoder(std::string_view bytes) {
  const auto entry = decoded(bytes);
  if (!entry)
    return demand(!entry.error().message.empty());
  demand(entry->code_object.size() <= kMaxObjectBytes);
  const auto again = decoded(encoded(*entry));
  demand(again && again->key == entry->key && again->manifest == entry->manifest &&
         again->code_object == entry->code_object);
}

// As they are, and with a checksum that holds: else nothing behind it would ever be reached.
inline void feedEntry(std::string_view bytes) {
  feedDecoder(bytes);
  feedDecoder(resealed(std::string(bytes)));
}

} // namespace gemmsmith
