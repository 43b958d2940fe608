#include "configs/table_import.h"

#include "configs/kernel_name.h"
#include "configs/row_outcome.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

// Columns that every tuned table of ours has, in the order of aiter's.
constexpr std::string_view kColumns[] = {
    "gfx",    "cu_num",   "M",          "N",           "K",       "bias",
    "dtype",  "outdtype", "scaleAB",    "bpreshuffle", "libtype", "solidx",
    "splitK", "us",       "kernelName", "err_ratio",   "tflops",  "bw"};

// Measurements and indices of the kernel that is replaced.
constexpr std::string_view kEmptied[] = {"solidx", "us", "err_ratio", "tflops", "bw"};

class RowWriter {
public:
  explicit RowWriter(std::vector<std::string> header) : header_(std::move(header)) {
    for (std::string_view column : kColumns)
      if (std::find(header_.begin(), header_.end(), column) == header_.end())
        header_.emplace_back(column);
  }

  CsvRow write(const TunedRow &row, const RowOutcome &outcome) const {
    CsvRow out;
    out.cells = row.cells;
    out.cells.resize(header_.size());
    set(out, "gfx", row.key.gfx);
    set(out, "cu_num", std::to_string(row.key.cu_num));
    set(out, "bias", boolean(row.key.bias));
    set(out, "dtype", row.key.dtype);
    set(out, "outdtype", row.key.outdtype);
    set(out, "scaleAB", boolean(row.key.scale_ab));
    set(out, "bpreshuffle", boolean(row.key.b_preshuffled));
    set(out, "libtype", "gemmsmith");
    set(out, "splitK", std::to_string(outcome.splits));
    set(out, "kernelName", kernelName(outcome.config));
    for (std::string_view column : kEmptied)
      set(out, column, "");
    return out;
  }

  const std::vector<std::string> &header() const { return header_; }

private:
  void set(CsvRow &row, std::string_view column, std::string value) const {
    const auto it = std::find(header_.begin(), header_.end(), column);
    row.cells[static_cast<std::size_t>(it - header_.begin())] = std::move(value);
  }

  static std::string boolean(bool value) { return value ? "True" : "False"; }

  std::vector<std::string> header_;
};

} // namespace

Expected<ImportedTable> importTable(const TunedTable &table, const SelectionPolicy &policy) {
  ImportedTable imported;
  const RowWriter writer(table.header);
  std::vector<CsvRow> rows;
  for (const TunedRow &row : table.rows) {
    if (row.key.gfx != toString(Target::kGfx950)) {
      ++imported.skipped;
      continue;
    }
    const RowOutcome outcome = rowOutcome(row, policy);
    if (outcome.disposition == Disposition::kRefused)
      return makeError(ErrorKind::kIllegal, outcome.reasons.front(), row.source);
    rows.push_back(writer.write(row, outcome));
  }
  imported.rows = rows.size();
  imported.csv = writeCsv(writer.header(), rows);
  return imported;
}

} // namespace gemmsmith
