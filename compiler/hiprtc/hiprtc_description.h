// What is known of an installed hiprtc, and how it travels between the worker that asks it and the
// program that chooses one.
//
// Promises: any text is acceptable to the parsers; what is not theirs is an Error. Does not: load
// or run anything.
#pragma once

#include "configs/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Origins of candidates that somebody named, by these environment variables.
inline constexpr std::string_view kGivenOrigin = "GEMMSMITH_HIPRTC";
inline constexpr std::string_view kRocmPathOrigin = "ROCM_PATH";

// How the reason begins of a library that is there and that the loader refuses.
inline constexpr std::string_view kCannotBeLoaded = "cannot be loaded: ";

// Where a hiprtc may be.
struct HiprtcCandidate {
  std::string library; // for dlopen(): a path or a soname
  std::string origin;  // why it is looked for there: "ROCM_PATH", "soname libhiprtc.so.7"

  bool operator==(const HiprtcCandidate &) const = default;
};

struct HiprtcDescription {
  std::string library = {}; // what a request names: HiprtcCandidate::library
  std::string origin = {};
  std::string path = {};           // the file that was loaded, without symbolic links
  std::string hiprtc_version = {}; // what hiprtcVersion() says; a constant 9.0 up to ROCm 5
  std::string hip_version =
      {}; // "5.2.21153", of the compiler's macros; empty if they are not there
  std::string comgr_version = {};
  std::string comgr_path = {};
  std::string clang_version = {}; // "15.0.6", or with the repository and commit it was built from
  int llvm_major = 0;
  std::vector<std::string> isas = {}; // processors, in comgr's order
  // What decides the code that comes out: versions, options, and build IDs of the libraries. Equal
  // identities make equal code objects of equal requests. No paths, hosts or times. Empty if
  // nothing compiled.
  std::string identity = {};
  bool usable = false;     // it compiled for the target that was asked for
  std::string reason = {}; // if not: why, and what to do
};

std::string candidatesJson(const std::vector<HiprtcCandidate> &candidates);
Expected<std::vector<HiprtcCandidate>> parseCandidates(std::string_view json);

std::string descriptionJson(const HiprtcDescription &description);
Expected<HiprtcDescription> parseDescription(std::string_view json);

// "5.2" of HIP 5.2.21153, which is numbered like the ROCm it is part of; empty if it is not known.
std::string_view rocmVersion(const HiprtcDescription &description);

// "7.0" for a processor that older compilers do not know; nothing where all have it.
std::string_view firstRocm(std::string_view target);

// "comgr 2.4 (LLVM 15) knows no gfx950; …": for a compiler without `target` in its list.
std::string unknownTarget(const HiprtcDescription &description, std::string_view target);

} // namespace gemmsmith
