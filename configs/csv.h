// Reading and writing comma-separated tables with a header line (RFC 4180).
//
// Promises: accepts LF and CRLF, a UTF-8 byte-order mark, quoted cells with doubled quotes and line
// breaks inside, and lines that are blank; total on any bytes. What is not a table (binary data, an
// empty file, a missing or repeated column name, a row of another width) is an error that names
// line and column. Writing a document that was read gives the same cells, LF line ends and quotes
// only where they are needed.
// Does not: interpret cells, trim spaces, or keep comments.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Longer lines, quoted line breaks included, are refused: no table has them, damaged files do.
inline constexpr std::size_t kMaxCsvLineBytes = 1 << 16;

// Larger files are refused for the same reason. The largest public table has 200 KB.
inline constexpr std::size_t kMaxCsvFileBytes = 1 << 28;

struct CsvRow {
  int line = 0; // of its first character, counted from 1
  std::vector<std::string> cells;
};

struct CsvDocument {
  std::string path; // as given, for messages
  std::vector<std::string> header;
  std::vector<CsvRow> rows; // each as wide as the header

  // Index of the column called `name`, spelled exactly so.
  std::optional<std::size_t> column(std::string_view name) const;
};

// `path` is only used in messages.
Expected<CsvDocument> parseCsv(std::string_view bytes, std::string path);

Expected<CsvDocument> readCsv(const std::string &path);

std::string writeCsv(const std::vector<std::string> &header, const std::vector<CsvRow> &rows);

} // namespace gemmsmith
