#include "configs/tuned_table.h"

#include "configs/launch.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr int kMaxCuCount = 1 << 16;

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Older tables carry only the number of compute units.
std::string gfxOf(int cu_num) {
  if (cu_num == kGfx950CuCount)
    return "gfx950";
  if (cu_num == 80 || cu_num == 304)
    return "gfx942";
  return {};
}

// The cells of one row by column name. The first cell that cannot be read is kept as the error;
// later reads return their fallback.
class RowReader {
public:
  RowReader(const CsvDocument &document, const CsvRow &row) : document_(document), row_(row) {}

  // The cell, or nothing when the column is missing or the cell is empty.
  std::optional<std::string> text(std::string_view column) const {
    const std::optional<std::size_t> index = document_.column(column);
    if (!index || row_.cells[*index].empty())
      return std::nullopt;
    return row_.cells[*index];
  }

  std::optional<std::int64_t> integer(std::string_view column, std::int64_t low,
                                      std::int64_t high) {
    const std::optional<std::string> cell = text(column);
    if (!cell)
      return std::nullopt;
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(cell->data(), cell->data() + cell->size(), value);
    if (code != std::errc{} || end != cell->data() + cell->size() || value < low || value > high) {
      fail(column,
           fmt::format("'{}' is not a whole number from {} to {}", shown(*cell), low, high));
      return std::nullopt;
    }
    return value;
  }

  std::int64_t requiredInteger(std::string_view column, std::int64_t low, std::int64_t high) {
    const std::optional<std::int64_t> value = integer(column, low, high);
    if (!value)
      fail(column, "a number is missing");
    return value.value_or(low);
  }

  bool boolean(std::string_view column) {
    const std::optional<std::string> cell = text(column);
    if (!cell)
      return false;
    const std::string value = lowerCase(*cell);
    if (value != "true" && value != "false")
      fail(column, fmt::format("'{}' is neither True nor False", shown(*cell)));
    return value == "true";
  }

  // Microseconds. What a tuner writes for a kernel that did not run (inf, nan, a negative number)
  // is not a measurement.
  std::optional<double> duration(std::string_view column) {
    const std::optional<std::string> cell = text(column);
    if (!cell)
      return std::nullopt;
    double value = 0;
    const auto [end, code] = std::from_chars(cell->data(), cell->data() + cell->size(), value);
    if (code != std::errc{} || end != cell->data() + cell->size())
      fail(column, fmt::format("'{}' is not a number", shown(*cell)));
    if (!std::isfinite(value) || value < 0)
      return std::nullopt;
    return value;
  }

  void fail(std::string_view column, std::string_view message) {
    if (error_)
      return;
    const std::optional<std::size_t> index = document_.column(column);
    error_ = Error{ErrorKind::kInput,
                   index ? fmt::format("column {} ({}): {}", column, *index + 1, message)
                         : fmt::format("column {}: {}", column, message),
                   source()};
  }

  std::string source() const { return fmt::format("{}:{}", document_.path, row_.line); }
  const std::optional<Error> &error() const { return error_; }

private:
  static std::string_view shown(std::string_view cell) { return cell.substr(0, 60); }

  const CsvDocument &document_;
  const CsvRow &row_;
  std::optional<Error> error_;
};

void readTarget(RowReader &reader, bool shape_list, RowKey &key) {
  const std::optional<std::string> gfx = reader.text("gfx");
  const std::optional<std::int64_t> cu_num = reader.integer("cu_num", 1, kMaxCuCount);
  if (shape_list) {
    key.gfx = "gfx950";
    key.cu_num = kGfx950CuCount;
    return;
  }
  key.gfx = gfx ? *gfx : gfxOf(static_cast<int>(cu_num.value_or(0)));
  if (key.gfx.empty())
    reader.fail("gfx", cu_num ? fmt::format("is missing, and {} compute units do not tell which "
                                            "processor it is",
                                            *cu_num)
                              : "is missing, and so is cu_num: the table must say what it was "
                                "tuned on");
  if (!cu_num && key.gfx != "gfx950")
    reader.fail("cu_num", fmt::format("is missing, and '{}' does not tell it", key.gfx));
  key.cu_num = static_cast<int>(cu_num.value_or(kGfx950CuCount));
}

Expected<TunedRow> readRow(const CsvDocument &document, const CsvRow &cells, bool shape_list) {
  RowReader reader(document, cells);
  TunedRow row;
  readTarget(reader, shape_list, row.key);
  row.key.m = reader.requiredInteger("M", 1, kMaxExtent);
  row.key.n = reader.requiredInteger("N", 1, kMaxExtent);
  row.key.k = reader.requiredInteger("K", 1, kMaxExtent);
  row.key.bias = reader.boolean("bias");
  row.key.dtype = reader.text("dtype").value_or(std::string(torchName(DataType::kBf16)));
  row.key.outdtype = reader.text("outdtype").value_or(row.key.dtype);
  row.key.scale_ab = reader.boolean("scaleAB");
  row.key.b_preshuffled = reader.boolean("bpreshuffle");
  row.libtype = lowerCase(reader.text("libtype").value_or(""));
  row.kernel_name = reader.text("kernelName").value_or("");
  row.splits = static_cast<int>(reader.integer("splitK", 0, kMaxSplits).value_or(0));
  row.us = reader.duration("us");
  row.source = reader.source();
  row.cells = cells.cells;
  if (reader.error())
    return tl::unexpected(*reader.error());
  return row;
}

} // namespace

std::string toString(const RowKey &key) {
  return fmt::format("{},{} M={} N={} K={} {}->{}{}{}{}", key.gfx, key.cu_num, key.m, key.n, key.k,
                     key.dtype, key.outdtype, key.bias ? " bias" : "",
                     key.scale_ab ? " scaleAB" : "", key.b_preshuffled ? " bpreshuffle" : "");
}

Expected<TunedTable> tunedTableFromCsv(CsvDocument document) {
  for (const char *required : {"M", "N", "K"})
    if (!document.column(required))
      return makeError(ErrorKind::kInput,
                       fmt::format("no column is called {}: the first line must be the header of a "
                                   "GEMM table (M,N,K,...)",
                                   required),
                       document.path);
  const bool shape_list = !document.column("libtype") && !document.column("kernelName") &&
                          !document.column("gfx") && !document.column("cu_num");
  TunedTable table;
  table.path = document.path;
  table.rows.reserve(document.rows.size());
  for (const CsvRow &cells : document.rows) {
    Expected<TunedRow> row = readRow(document, cells, shape_list);
    if (!row)
      return tl::unexpected(row.error());
    table.rows.push_back(std::move(*row));
  }
  table.header = std::move(document.header);
  return table;
}

Expected<TunedTable> readTunedTable(const std::string &path) {
  return readCsv(path).and_then(
      [](CsvDocument &&document) { return tunedTableFromCsv(std::move(document)); });
}

std::optional<DataType> dataTypeFromTorch(std::string_view name) {
  for (DataType type : {DataType::kBf16, DataType::kF16, DataType::kF32})
    if (name == torchName(type))
      return type;
  return std::nullopt;
}

std::string_view torchName(DataType type) {
  switch (type) {
  case DataType::kBf16:
    return "torch.bfloat16";
  case DataType::kF16:
    return "torch.float16";
  case DataType::kF32:
    return "torch.float32";
  }
  return "unknown";
}

RowKey keyOf(const Problem &p) {
  RowKey key;
  key.gfx = "gfx950";
  key.cu_num = kGfx950CuCount;
  key.m = p.m;
  key.n = p.n;
  key.k = p.k;
  key.bias = p.bias;
  key.dtype = torchName(p.in_type);
  key.outdtype = torchName(p.out_type);
  key.b_preshuffled = p.b_layout == BLayout::kPreshuffled;
  return key;
}

Expected<Problem> problemOf(const RowKey &key) {
  const std::optional<DataType> in_type = dataTypeFromTorch(key.dtype);
  const std::optional<DataType> out_type = dataTypeFromTorch(key.outdtype);
  if (!in_type || !out_type)
    return makeError(ErrorKind::kIllegal,
                     fmt::format("type {} is not supported", in_type ? key.outdtype : key.dtype));
  if (key.scale_ab)
    return makeError(ErrorKind::kIllegal, "scaled operands (scaleAB) are not supported");
  Problem p;
  p.m = key.m;
  p.n = key.n;
  p.k = key.k;
  p.in_type = *in_type;
  p.out_type = *out_type;
  p.bias = key.bias;
  p.b_layout = key.b_preshuffled ? BLayout::kPreshuffled : BLayout::kRowMajor;
  return p;
}

} // namespace gemmsmith
