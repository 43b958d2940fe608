// One installed hiprtc with its comgr, as a compiler of header-free HIP C++.
//
// Promises: hiprtc is never asked for a processor that comgr does not list. The same source, target
// and options make the same code object wherever the identity is the same. Does not: use a GPU,
// read headers or device libraries where the compiler lets it, or write outside of $TMPDIR.
#pragma once

#include "compiler/hiprtc/comgr.h"
#include "compiler/hiprtc/hiprtc_description.h"
#include "compiler/hiprtc/hiprtc_library.h"
#include "configs/error.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct CompiledHip {
  std::vector<std::byte> code_object;
  std::string log;
  std::string identity; // HiprtcDescription::identity
};

class HiprtcCompiler {
public:
  // Errors as those of HiprtcLibrary::load.
  static Expected<HiprtcCompiler> open(const std::string &library);

  // What this is, and whether it compiles for `target`: found out by compiling a small source.
  HiprtcDescription describe(const std::string &target);

  // `name` (letters, digits, "_", "-", ".") is what the log calls the source. The error has the
  // compiler's log. With headers: as hiprtc does by default, with its own header, the HIP headers
  // and the device libraries, which take longer than a kernel does.
  Expected<CompiledHip> compile(const std::string &source, const std::string &name,
                                const std::string &target, std::span<const std::string> options,
                                bool with_headers);

private:
  HiprtcCompiler(HiprtcLibrary library, Comgr comgr);

  bool lists(std::string_view target) const;
  // With `base` options of ours before those of the request.
  HiprtcLibrary::Compilation compileWith(std::span<const std::string> base,
                                         const std::string &source, const std::string &name,
                                         const std::string &target,
                                         std::span<const std::string> options) const;
  HiprtcLibrary::Compilation compileWithoutHeaders(const std::string &source,
                                                   const std::string &name,
                                                   const std::string &target,
                                                   std::span<const std::string> options);

  HiprtcLibrary library_;
  std::vector<std::string> without_headers_; // our options, but for those that it refuses
  HiprtcDescription description_;            // as far as it does not depend on a target
};

} // namespace gemmsmith
