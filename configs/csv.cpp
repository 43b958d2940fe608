#include "configs/csv.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// One pass over the bytes of a table.
class CsvParser {
public:
  CsvParser(std::string_view bytes, const std::string &path) : bytes_(bytes), path_(path) {}

  // The next line that is not blank; nothing at the end of the file.
  Expected<std::optional<CsvRow>> next() {
    skipBlankLines();
    if (atEnd())
      return std::nullopt;
    line_start_ = position_;
    CsvRow row;
    row.line = line_;
    while (true) {
      Expected<std::string> cell = peek() == '"' ? quotedCell() : plainCell();
      if (!cell)
        return tl::unexpected(cell.error());
      row.cells.push_back(std::move(*cell));
      if (position_ - line_start_ > kMaxCsvLineBytes)
        return error(row.line, fmt::format("the line is longer than {} bytes: not a table of this "
                                           "kind, or a quote is not closed",
                                           kMaxCsvLineBytes));
      if (atEnd() || takeLineEnd())
        return row;
      ++position_; // the comma: a cell ends nowhere else
    }
  }

private:
  bool atEnd() const { return position_ == bytes_.size(); }
  char peek(std::size_t ahead = 0) const {
    return position_ + ahead < bytes_.size() ? bytes_[position_ + ahead] : '\0';
  }

  bool atLineEnd() const { return peek() == '\n' || (peek() == '\r' && peek(1) == '\n'); }

  bool takeLineEnd() {
    if (!atLineEnd())
      return false;
    position_ += peek() == '\r' ? 2 : 1;
    ++line_;
    return true;
  }

  void skipBlankLines() {
    while (!atEnd() && takeLineEnd()) {
    }
  }

  Expected<std::string> plainCell() {
    const std::size_t start = position_;
    while (!atEnd() && peek() != ',' && !atLineEnd()) {
      if (peek() == '"')
        return error(line_, fmt::format("character {}: a quote inside a cell that does not begin "
                                        "with one",
                                        position_ - line_start_ + 1));
      if (isBinary())
        return binaryError();
      ++position_;
    }
    return std::string(bytes_.substr(start, position_ - start));
  }

  Expected<std::string> quotedCell() {
    const int first_line = line_;
    std::string cell;
    ++position_;
    while (true) {
      if (atEnd() || position_ - line_start_ > kMaxCsvLineBytes)
        return error(first_line, "a quoted cell that begins here is not closed");
      if (peek() == '"' && peek(1) != '"')
        break;
      if (peek() == '"')
        ++position_;
      else if (peek() == '\n')
        ++line_;
      else if (isBinary() && !atLineEnd())
        return binaryError();
      cell += peek();
      ++position_;
    }
    ++position_;
    if (!atEnd() && peek() != ',' && !atLineEnd())
      return error(line_, "text follows a closing quote");
    return cell;
  }

  bool isBinary() const {
    const auto byte = static_cast<unsigned char>(peek());
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  }

  tl::unexpected<Error> binaryError() const {
    return error(line_,
                 fmt::format("character {} is the control byte 0x{:02x}: this is not a text "
                             "table",
                             position_ - line_start_ + 1, static_cast<unsigned char>(peek())));
  }

  tl::unexpected<Error> error(int line, std::string message) const {
    return makeError(ErrorKind::kInput, std::move(message), fmt::format("{}:{}", path_, line));
  }

  std::string_view bytes_;
  const std::string &path_;
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
};

Expected<void> checkHeader(const CsvRow &header, const std::string &path) {
  const std::string where = fmt::format("{}:{}", path, header.line);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    if (header.cells[i].empty())
      return makeError(ErrorKind::kInput, fmt::format("column {} of the header has no name", i + 1),
                       where);
    if (!seen.insert(header.cells[i]).second)
      return makeError(
          ErrorKind::kInput,
          fmt::format("column {} of the header repeats the name '{}'", i + 1, header.cells[i]),
          where);
  }
  return {};
}

std::string quoted(const std::string &cell) {
  std::string text = "\"";
  for (char c : cell) {
    if (c == '"')
      text += '"';
    text += c;
  }
  return text + '"';
}

void writeLine(const std::vector<std::string> &cells, std::string &out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string &cell = cells[i];
    if (i > 0)
      out += ',';
    // An only cell that is empty would be a blank line, and a leading mark would be dropped.
    const bool misread = (cells.size() == 1 && cell.empty()) || cell.starts_with(kByteOrderMark);
    out += misread || cell.find_first_of(",\"\r\n") != std::string::npos ? quoted(cell) : cell;
  }
  out += '\n';
}

} // namespace

std::optional<std::size_t> CsvDocument::column(std::string_view name) const {
  const auto it = std::find(header.begin(), header.end(), name);
  if (it == header.end())
    return std::nullopt;
  return static_cast<std::size_t>(it - header.begin());
}

Expected<CsvDocument> parseCsv(std::string_view bytes, std::string path) {
  CsvDocument document;
  document.path = std::move(path);
  if (bytes.size() > kMaxCsvFileBytes)
    return makeError(
        ErrorKind::kInput,
        fmt::format("the file is larger than {} bytes: not a table of this kind", kMaxCsvFileBytes),
        document.path);
  if (bytes.starts_with(kByteOrderMark))
    bytes.remove_prefix(kByteOrderMark.size());
  CsvParser parser(bytes, document.path);
  Expected<std::optional<CsvRow>> header = parser.next();
  if (!header)
    return tl::unexpected(header.error());
  if (!*header)
    return makeError(ErrorKind::kInput, "the file is empty: a header line was expected",
                     document.path);
  if (Expected<void> good = checkHeader(**header, document.path); !good)
    return tl::unexpected(good.error());
  document.header = std::move((*header)->cells);

  while (true) {
    Expected<std::optional<CsvRow>> row = parser.next();
    if (!row)
      return tl::unexpected(row.error());
    if (!*row)
      return document;
    if ((*row)->cells.size() != document.header.size())
      return makeError(ErrorKind::kInput,
                       fmt::format("the row has {} cells, the header {}", (*row)->cells.size(),
                                   document.header.size()),
                       fmt::format("{}:{}", document.path, (*row)->line));
    document.rows.push_back(std::move(**row));
  }
}

Expected<CsvDocument> readCsv(const std::string &path) {
  const auto failed = [&] {
    return makeError(ErrorKind::kInput, fmt::format("cannot be read: {}", std::strerror(errno)),
                     path);
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rbe"),
                                                              &std::fclose);
  if (!file)
    return failed();
  std::string bytes;
  std::array<char, 1 << 16> chunk;
  while (bytes.size() <= kMaxCsvFileBytes) {
    const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get());
    if (got == 0)
      break;
    bytes.append(chunk.data(), got);
  }
  if (std::ferror(file.get()))
    return failed();
  return parseCsv(bytes, path);
}

std::string writeCsv(const std::vector<std::string> &header, const std::vector<CsvRow> &rows) {
  std::string out;
  writeLine(header, out);
  for (const CsvRow &row : rows)
    writeLine(row.cells, out);
  return out;
}

} // namespace gemmsmith
