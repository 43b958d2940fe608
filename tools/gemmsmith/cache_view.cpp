#include "tools/gemmsmith/cache_view.h"

#include "configs/kernel_name.h"

#include <array>
#include <fmt/format.h>

namespace gemmsmith {

OrderedJson entryJson(const StoreFile &file, const Entry &entry) {
  const CacheKeyFields &fields = entry.key.fields();
  return {{"hash", file.hash.hex()},
          {"kernel", kernelName(fields.config)},
          {"target_id", fields.target_id},
          {"compiler", fields.compiler},
          {"allow_spills", fields.allow_spills},
          {"file_bytes", file.bytes},
          {"object_bytes", entry.code_object.size()},
          {"last_used", file.modified.tv_sec}};
}

OrderedJson damageJson(const StoreFile &file, const Miss &miss) {
  return {{"file", file.name}, {"why", miss.why}};
}

OrderedJson manifestOf(const Entry &entry) {
  OrderedJson manifest = OrderedJson::parse(entry.manifest, nullptr, /*allow_exceptions=*/false);
  return manifest.is_object() ? manifest : OrderedJson::object();
}

std::string entriesText(std::uint64_t entries) {
  return fmt::format("{} {}", entries, entries == 1 ? "entry" : "entries");
}

std::string sizeText(std::uint64_t bytes) {
  constexpr std::array<const char *, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024)
    return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit)
    size /= 1024;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string dateText(std::time_t seconds) {
  std::tm date = {};
  ::gmtime_r(&seconds, &date);
  return fmt::format("{:04}-{:02}-{:02}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
}

} // namespace gemmsmith
