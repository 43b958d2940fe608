// Why the store has no answer. To whoever asked they are all one: a kernel to compile. To whoever
// runs the machine all but the first are worth a line.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace gemmsmith {

enum class MissReason : std::uint8_t {
  kAbsent,     // nothing has this name
  kDamaged,    // not the bytes that were put, or not under this name
  kRefused,    // others could have written it
  kUnreadable, // the system says no
};

struct Miss {
  MissReason reason = MissReason::kAbsent;
  std::string why; // a sentence with the file's name; empty when it is absent
};

template <typename T> using Found = tl::expected<T, Miss>;

inline tl::unexpected<Miss> makeMiss(MissReason reason, std::string why = {}) {
  return tl::unexpected<Miss>(Miss{reason, std::move(why)});
}

} // namespace gemmsmith
