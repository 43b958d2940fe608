// Where files go that stand under an entry's name and are not that entry: out of the way of the
// next put(), and kept for whoever wants to know what became of them.
//
// Promises: at most 16 of them are kept, those of the latest date. Thread-safe.
#pragma once

#include "cache/store_listing.h"
#include "configs/hash128.h"

#include <cstddef>
#include <vector>

namespace gemmsmith {

inline constexpr std::size_t kMaxQuarantined = 16;

// Moves the entry there, or removes it where that cannot be done; failing that, it stays.
void quarantine(int store, const Hash128 &hash);

std::vector<StoreFile> listQuarantine(int store);

// Removes all of it.
void clearQuarantine(int store);

} // namespace gemmsmith
