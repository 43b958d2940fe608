// Which compiler turns the low-level IR into code objects.
#pragma once

#include "compiler/hiprtc/hiprtc_description.h"
#include "configs/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

enum class Backend : std::uint8_t {
  kAuto,   // hiprtc, if one is found that compiles for the target, else LLVM
  kHiprtc, // hiprtc, or an error that says why none can be used
  kLlvm,
};

std::string_view toString(Backend backend);
std::optional<Backend> parseBackend(std::string_view text);

struct BackendChoice {
  Backend wanted = Backend::kAuto;
  Backend backend = Backend::kLlvm;        // not kAuto
  std::optional<HiprtcDescription> hiprtc; // the one to use, with kHiprtc
  std::string why;                         // a clause: "no hiprtc here compiles for gfx950"

  // For people: the compiler, and why that one.
  std::string str() const;
};

// Of what was wanted and what findHiprtcs() found for `target`; with Backend::kLlvm the latter does
// not matter.
Expected<BackendChoice> chooseBackend(Backend wanted, std::string_view target,
                                      const Expected<std::vector<HiprtcDescription>> &found);

} // namespace gemmsmith
