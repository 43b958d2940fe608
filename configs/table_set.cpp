#include "configs/table_set.h"

#include <bit>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace gemmsmith {

namespace {

double durationOf(const TunedRow &row) {
  return row.us.value_or(std::numeric_limits<double>::infinity());
}

} // namespace

Expected<TableSet> TableSet::merge(std::vector<TunedTable> tables, OnDuplicate on_duplicate) {
  TableSet set;
  set.tables_ = std::move(tables);
  std::vector<RowIndex> repeats; // every row whose key an earlier row has
  for (std::size_t t = 0; t < set.tables_.size(); ++t)
    for (std::size_t r = 0; r < set.tables_[t].rows.size(); ++r) {
      const TunedRow &row = set.tables_[t].rows[r];
      const auto [winner, is_new] = set.winners_.try_emplace(row.key, RowIndex{t, r});
      if (is_new)
        continue;
      const bool faster = durationOf(row) < durationOf(set.at(winner->second));
      repeats.push_back(faster ? std::exchange(winner->second, RowIndex{t, r}) : RowIndex{t, r});
    }
  for (RowIndex index : repeats) {
    const TunedRow &loser = set.at(index);
    set.duplicates_.push_back({loser.key, set.at(set.winners_.at(loser.key)).source, loser.source});
  }
  if (on_duplicate == OnDuplicate::kRefuse && !set.duplicates_.empty()) {
    const Duplicate &first = set.duplicates_.front();
    return makeError(ErrorKind::kInput,
                     fmt::format("{} shapes have two owners; the first, {}, belongs to {} and {}",
                                 set.duplicates_.size(), toString(first.key), first.winner,
                                 first.loser));
  }
  return set;
}

std::optional<TableSet::Match> TableSet::find(const RowKey &key) const {
  RowKey candidate = key;
  for (std::int64_t m : {key.m, paddedM(key.m), coarselyPaddedM(key.m, key.n)}) {
    candidate.m = m;
    if (const auto it = winners_.find(candidate); it != winners_.end())
      return Match{&at(it->second), m};
  }
  return std::nullopt;
}

std::int64_t paddedM(std::int64_t m) {
  const std::int64_t multiple = m <= 256 ? 16 : m <= 1024 ? 32 : m <= 4096 ? 64 : 128;
  return (m + multiple - 1) / multiple * multiple;
}

std::int64_t coarselyPaddedM(std::int64_t m, std::int64_t n) {
  constexpr std::int64_t kManyRows = 8192;
  constexpr std::int64_t kManyColumns = 4096;
  if (m > kManyRows && n > kManyColumns)
    return kManyRows;
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(m)));
}

} // namespace gemmsmith
