#include "runtime/table_problems.h"

#include <cstdint>

namespace gemmsmith::runtime {

std::vector<gs_problem> problemsOf(const TunedTable &table, std::string_view processor) {
  std::vector<gs_problem> problems;
  for (const TunedRow &row : table.rows) {
    const Expected<Problem> p = problemOf(row.key);
    if (!p || keyOf(*p) != row.key || row.key.gfx != processor)
      continue;
    gs_problem problem{};
    problem.m = p->m;
    problem.n = p->n;
    problem.k = p->k;
    problem.in_type = static_cast<std::int32_t>(p->in_type);
    problem.out_type = static_cast<std::int32_t>(p->out_type);
    problem.bias = p->bias;
    problem.b_layout = static_cast<std::int32_t>(p->b_layout);
    problems.push_back(problem);
  }
  return problems;
}

} // namespace gemmsmith::runtime
