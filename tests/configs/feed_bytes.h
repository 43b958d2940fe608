// Every reader of foreign text, fed with the same bytes: for the fuzz target and its regression.
#pragma once

#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "configs/public_name.h"
#include "configs/row_outcome.h"
#include "configs/table_import.h"
#include "configs/table_set.h"
#include "tests/support/demand.h"

#include <string_view>
#include <utility>
#include <vector>

namespace gemmsmith {

inline void feedNames(std::string_view bytes) {
  if (const Expected<KernelConfig> config = parseKernelName(bytes))
    demand(kernelName(*config) == bytes);
  for (const Expected<NamedKernel> &kernel :
       {parseFlydslName(bytes), parseAsmName(bytes, 4), parseOpusName(bytes, 4)})
    if (kernel)
      demand(isLegal(kernel->config));
}

inline void feedTable(std::string_view bytes) {
  Expected<CsvDocument> document = parseCsv(bytes, "fuzz.csv");
  if (!document)
    return demand(!document.error().message.empty());
  const Expected<CsvDocument> again =
      parseCsv(writeCsv(document->header, document->rows), "again.csv");
  demand(again && again->header == document->header && again->rows.size() == document->rows.size());
  Expected<TunedTable> table = tunedTableFromCsv(std::move(*document));
  if (!table)
    return demand(!table.error().message.empty());
  for (const TunedRow &row : table->rows) {
    const RowOutcome outcome = rowOutcome(row);
    demand(outcome.disposition == Disposition::kRefused || isLegal(outcome.config));
    demand(outcome.reasons.empty() == (outcome.disposition == Disposition::kUsedAsWritten));
  }
  (void)importTable(*table);
  std::vector<TunedTable> tables;
  tables.push_back(std::move(*table));
  demand(TableSet::merge(std::move(tables)).has_value());
}

} // namespace gemmsmith
