// What a build has to make: the rows of its tables, what becomes of each, and the distinct kernels
// that serve them or were asked for by name.
//
// Deterministic: rows in the order of the tables, kernels by name.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "configs/row_outcome.h"
#include "configs/tuned_table.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

// A row whose processor is the one we build for.
struct BuildRow {
  RowKey key;
  std::string source; // "table.csv:14", without the table's directory
  Disposition disposition = Disposition::kRefused;
  std::vector<std::string> reasons; // why not as written, or why refused
  std::string kernel;               // empty when refused
  std::optional<Launch> launch;     // none when refused
  std::string superseded_by; // the row that owns the same shape and is faster, if there is one
};

struct BuildPlan {
  std::string target;
  std::vector<BuildRow> rows;
  std::size_t foreign_rows = 0; // of other processors, left out
  std::map<std::string, KernelConfig> kernels;
  std::vector<std::string> warnings; // two tables that own the same shape

  std::size_t count(Disposition disposition) const;
};

struct BuildPlanOptions {
  std::vector<std::string> tables;
  std::vector<std::string> kernels = {}; // names of more kernels, which serve no row
  std::string target = "gfx950";
  bool strict = false; // a shape with two owners or a refused row is an error
};

Expected<BuildPlan> planBuild(const BuildPlanOptions &options);

} // namespace gemmsmith
