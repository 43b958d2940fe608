// The problems that the rows of a tuned table stand for.
#pragma once

#include "configs/tuned_table.h"
#include "runtime/gemmsmith.h"

#include <string_view>
#include <vector>

namespace gemmsmith::runtime {

// Dense and aligned, in the order of the rows; only of rows that a look-up on `processor`
// ("gfx950") can find. Rows of other devices, and scaled ones, are left out.
std::vector<gs_problem> problemsOf(const TunedTable &table, std::string_view processor);

} // namespace gemmsmith::runtime
