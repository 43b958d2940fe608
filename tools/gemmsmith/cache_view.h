// What `gemmsmith cache` says of entries, as JSON and as text.
#pragma once

#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/store_access.h"

#include <cstdint>
#include <ctime>
#include <string>

namespace gemmsmith {

// {"hash", "kernel", "target_id", "compiler", "allow_spills", "file_bytes", "object_bytes",
//  "last_used"}: the last in seconds since 1970.
OrderedJson entryJson(const StoreFile &file, const Entry &entry);

// {"file", "why"}
OrderedJson damageJson(const StoreFile &file, const Miss &miss);

// The entry's manifest; an empty object when it is none.
OrderedJson manifestOf(const Entry &entry);

// "1 entry", "2 entries"
std::string entriesText(std::uint64_t entries);

// "4.2 KiB"
std::string sizeText(std::uint64_t bytes);

// "2026-11-24", UTC
std::string dateText(std::time_t seconds);

} // namespace gemmsmith
