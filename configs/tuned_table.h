// Tuned tables and lists of shapes to tune, as typed rows.
//
// Columns and defaults are those of KERNEL_NAMES.md: M, N and K must be there; gfx follows from
// cu_num and cu_num from gfx where that is unambiguous; everything else may be missing. A list of
// shapes (no libtype, kernelName, gfx or cu_num column) is taken for gfx950 with 256 CUs. Unknown
// columns are kept. The first cell that cannot be read fails the whole table: half a table would
// silently serve half of the shapes.
#pragma once

#include "configs/csv.h"
#include "configs/error.h"
#include "configs/problem.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Compute units of an MI355X.
inline constexpr int kGfx950CuCount = 256;

// What a row is looked up by. Texts are kept as texts: tables hold processors and types that this
// project does not (yet) build for.
struct RowKey {
  std::string gfx;
  int cu_num = 0;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool bias = false;
  std::string dtype;    // "torch.bfloat16"
  std::string outdtype; // "torch.bfloat16", "torch.float32"
  bool scale_ab = false;
  bool b_preshuffled = false;

  auto operator<=>(const RowKey &) const = default;
};

// "gfx950,256 M=16 N=4096 K=7168 bias=False torch.bfloat16->torch.float32", for messages.
std::string toString(const RowKey &key);

struct TunedRow {
  RowKey key;
  std::string libtype; // lower case; empty in a list of shapes
  std::string kernel_name;
  int splits = 0;                 // the column: 0 or 1 = not split
  std::optional<double> us;       // measured median microseconds
  std::string source;             // "file.csv:14"
  std::vector<std::string> cells; // as in the file, in the order of TunedTable::header
};

struct TunedTable {
  std::string path;
  std::vector<std::string> header;
  std::vector<TunedRow> rows;
};

Expected<TunedTable> tunedTableFromCsv(CsvDocument document);

Expected<TunedTable> readTunedTable(const std::string &path);

// The type a torch name stands for: "torch.bfloat16", "torch.float16", "torch.float32".
std::optional<DataType> dataTypeFromTorch(std::string_view name);
std::string_view torchName(DataType type);

// The key a problem is looked up by on gfx950.
RowKey keyOf(const Problem &problem);

// The dense problem of a row, or why it is none: an unknown type, scaled operands.
Expected<Problem> problemOf(const RowKey &key);

} // namespace gemmsmith
