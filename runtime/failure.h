// An error on its way to the C interface: what happened, and the status that stands for it there.
#pragma once

#include "configs/error.h"
#include "runtime/gemmsmith.h"

#include <string>
#include <utility>

namespace gemmsmith::runtime {

struct Failure {
  gs_status status = GS_ERROR_INTERNAL;
  Error error;
};

template <typename T> using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(gs_status status, Error error) {
  return tl::unexpected<Failure>(Failure{status, std::move(error)});
}
inline tl::unexpected<Failure> fail(gs_status status, std::string message, std::string where = {}) {
  return fail(status, Error{ErrorKind::kFailed, std::move(message), std::move(where)});
}

// For Expected<T>::map_error(): `hip.check(…).map_error(as(GS_ERROR_HIP))`.
inline auto as(gs_status status) {
  return [status](const Error &error) { return Failure{status, error}; };
}

} // namespace gemmsmith::runtime
