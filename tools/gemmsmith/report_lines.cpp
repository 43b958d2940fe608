#include "tools/gemmsmith/report_lines.h"

#include <fmt/format.h>

namespace gemmsmith {

void printHead(bool good, std::string_view text) {
  fmt::print("[{}] {}\n", good ? "ok" : "--", text);
}

void printField(std::string_view name, std::string_view value) {
  while (!value.empty()) {
    const auto end = value.find('\n');
    fmt::print("     {:<12} {}\n", name, value.substr(0, end));
    value.remove_prefix(end == value.npos ? value.size() : end + 1);
    name = "";
  }
}

} // namespace gemmsmith
