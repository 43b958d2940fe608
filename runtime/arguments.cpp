#include "runtime/arguments.h"

#include <fmt/format.h>

namespace gemmsmith::runtime {

Outcome<void> checkProblem(const gs_problem &p) {
  if (isWellFormed(p))
    return {};
  return fail(GS_ERROR_INVALID,
              fmt::format("gs_problem has in_type {}, out_type {}, bias {}, b_layout {}, unaligned "
                          "{}, reserved {}: types must be a gs_data_type, b_layout a gs_b_layout, "
                          "bias and unaligned 0 or 1, reserved 0",
                          p.in_type, p.out_type, p.bias, p.b_layout, p.unaligned, p.reserved));
}

Outcome<void> checkPointers(const gs_pointers &p, const gs_problem &problem) {
  if (areFit(p, problem))
    return {};
  const auto invalid = [](std::string message) {
    return fail(GS_ERROR_INVALID, std::move(message));
  };
  if (!p.a || !p.b || !p.c)
    return invalid("gs_pointers.a, b and c must not be null");
  if ((p.bias != nullptr) != (problem.bias != 0))
    return invalid(problem.bias ? "the problem has a bias, gs_pointers.bias is null"
                                : "the problem has no bias, gs_pointers.bias is not null");
  if (addressBits(p.workspace) & 255)
    return invalid("gs_pointers.workspace must be aligned to 256 bytes");
  return invalid("gs_pointers.a, b, c and bias must be aligned to their elements");
}

} // namespace gemmsmith::runtime
