// Public tables rewritten in our own kernel names.
#pragma once

#include "configs/error.h"
#include "configs/policy.h"
#include "configs/tuned_table.h"

#include <cstddef>
#include <string>

namespace gemmsmith {

struct ImportedTable {
  std::string csv;         // what to write
  std::size_t rows = 0;    // written
  std::size_t skipped = 0; // rows of other targets, left out
};

// Every row of gfx950 with libtype `gemmsmith`, our kernel name and its split count; `us`,
// `tflops`, `bw` and `err_ratio` are empty until they are measured on our kernels, other columns
// stay. Fails, naming the row, when a gfx950 row is refused.
Expected<ImportedTable> importTable(const TunedTable &table,
                                    const SelectionPolicy &policy = chooseByCostModel);

} // namespace gemmsmith
