// Several tuned tables as one, looked up as aiter looks them up.
//
// Promises: the merge depends only on the tables and their order; of rows with the same key the one
// with the lowest `us` wins, then the earlier one, and each duplicate is reported with both owners.
// Rows are never changed, files never written. Immutable after merge(), hence thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/tuned_table.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

// Two rows own the same shape.
struct Duplicate {
  RowKey key;
  std::string winner; // "file.csv:14"
  std::string loser;
};

enum class OnDuplicate : std::uint8_t {
  kTakeFastest, // report and go on
  kRefuse,      // fail, naming both owners
};

class TableSet {
public:
  struct Match {
    const TunedRow *row; // owned by the set
    std::int64_t m;      // under which the row was found; the problem's own M when exact
  };

  TableSet() = default; // knows no shape

  static Expected<TableSet> merge(std::vector<TunedTable> tables,
                                  OnDuplicate on_duplicate = OnDuplicate::kTakeFastest);

  // Tries the key's M, then the two paddings of it. Null when none of the three is there.
  std::optional<Match> find(const RowKey &key) const;

  const std::vector<TunedTable> &tables() const { return tables_; }
  const std::vector<Duplicate> &duplicates() const { return duplicates_; } // in order of the losers

private:
  struct RowIndex {
    std::size_t table;
    std::size_t row;
  };
  const TunedRow &at(RowIndex index) const { return tables_[index.table].rows[index.row]; }

  std::vector<TunedTable> tables_;
  std::map<RowKey, RowIndex> winners_;
  std::vector<Duplicate> duplicates_;
};

// The first padding of M: up to 16 for M <= 256, 32 for M <= 1024, 64 for M <= 4096, else 128.
std::int64_t paddedM(std::int64_t m);

// The second: 8192 if M > 8192 and N > 4096, else the next power of two.
std::int64_t coarselyPaddedM(std::int64_t m, std::int64_t n);

} // namespace gemmsmith
