// What becomes of a row of a public table: the kernel that will serve it, and what is not as
// written.
//
// Promises: nothing is guessed silently. kUsedAsWritten means that every field the row carries is
// in the configuration; kUsedWithChanges lists every deviation, one sentence each; kRefused says
// why. The configuration of a row that is used is legal, and planLaunch() accepts it for the row's
// shape.
#pragma once

#include "configs/kernel_config.h"
#include "configs/policy.h"
#include "configs/tuned_table.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

enum class Disposition : std::uint8_t { kUsedAsWritten, kUsedWithChanges, kRefused };

// "used as written", "used with changes", "refused".
std::string_view toString(Disposition disposition);

struct RowOutcome {
  Disposition disposition = Disposition::kRefused;
  KernelConfig config;
  int splits = 1;
  std::vector<std::string> reasons; // empty exactly when used as written
};

// `policy` decides the rows that name no tile configuration.
RowOutcome rowOutcome(const TunedRow &row, const SelectionPolicy &policy = chooseByCostModel);

} // namespace gemmsmith
