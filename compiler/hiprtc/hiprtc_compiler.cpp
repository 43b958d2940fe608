#include "compiler/hiprtc/hiprtc_compiler.h"

#include "compiler/loaded_code.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::array kBase{"-O3", "-std=c++17"};
// Without hiprtc's own header, the HIP headers and the device libraries: parsing and linking those
// takes longer than compiling a kernel. Every version lacks some of these.
constexpr std::array<std::string_view, 3> kLeaveOut{"--hiprtc-no-builtin-header", "-nogpuinc",
                                                    "-nogpulib"};

// Says which compiler compiled it: the text must reach the code object, so a kernel reads it. For
// gfx950 it uses every type and builtin that our sources use, so that a compiler which lacks one
// does not pass for usable.
constexpr std::string_view kMarker = "gemmsmith-probe<";
constexpr std::string_view kProbeName = "probe.hip";
constexpr std::string_view kProbeSource = R"(
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
__attribute__((device)) const char marker[] = "gemmsmith-probe<" __clang_version__ "|"
#ifdef HIP_VERSION_MAJOR
    TEXT(HIP_VERSION_MAJOR) "." TEXT(HIP_VERSION_MINOR) "." TEXT(HIP_VERSION_PATCH)
#endif
    ">";
extern "C" __attribute__((global)) void probe(char *to, int i) { *to = marker[i]; }

#ifdef __gfx950__
typedef __bf16 bf16x4 __attribute__((ext_vector_type(4)));
typedef __bf16 bf16x8 __attribute__((ext_vector_type(8)));
typedef float f32x4 __attribute__((ext_vector_type(4)));
typedef unsigned u32x2 __attribute__((ext_vector_type(2)));
typedef unsigned u32x4 __attribute__((ext_vector_type(4)));
typedef __attribute__((address_space(3))) void *LdsPointer;

#if __has_builtin(__builtin_amdgcn_raw_ptr_buffer_load_lds)
#define COPY_TO_LDS __builtin_amdgcn_raw_ptr_buffer_load_lds
#else
__attribute__((device)) void raw_ptr_buffer_load_lds(__amdgpu_buffer_rsrc_t, LdsPointer, int, int,
                                                     int, int, int) __asm(
    "llvm.amdgcn.raw.ptr.buffer.load.lds");
#define COPY_TO_LDS raw_ptr_buffer_load_lds
#endif

extern "C" __attribute__((global)) void needs(char *to, unsigned bytes) {
  static __attribute__((shared)) u32x4 lds[64];
  const __amdgpu_buffer_rsrc_t buffer =
      __builtin_amdgcn_make_buffer_rsrc((void *)to, 0, bytes, 0x27000);
  const unsigned at = __builtin_amdgcn_readfirstlane(16 * __builtin_amdgcn_workitem_id_x());
  COPY_TO_LDS(buffer, (LdsPointer)lds, 16, at, 0, 0, 0);
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_waitcnt(0);
  __builtin_amdgcn_s_barrier();
  const u32x4 wide = __builtin_amdgcn_raw_buffer_load_b128(buffer, at, 0, 0) + lds[at / 16 % 64];
  const unsigned short narrow = __builtin_amdgcn_raw_buffer_load_b16(buffer, at, 0, 0);
  const bf16x8 a = __builtin_bit_cast(bf16x8, wide);
  const f32x4 product = __builtin_amdgcn_mfma_f32_16x16x32_bf16(a, a, f32x4(narrow), 0, 0, 0);
  const bf16x4 rounded = __builtin_convertvector(product, bf16x4);
  const unsigned group = __builtin_amdgcn_workgroup_id_x() + __builtin_amdgcn_workgroup_id_y();
  __builtin_amdgcn_raw_buffer_store_b16(narrow, buffer, at, 0, 0);
  __builtin_amdgcn_raw_buffer_store_b32(group, buffer, at, 0, 0);
  __builtin_amdgcn_raw_buffer_store_b64(__builtin_bit_cast(u32x2, rounded), buffer, at, 0, 0);
  __builtin_amdgcn_raw_buffer_store_b128(__builtin_bit_cast(u32x4, product), buffer, at, 0, 0);
}
#endif
)";

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// A name becomes a file in the compiler's temporary directory, and nowhere else.
bool isPlainName(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

// Diagnostics name the source by where comgr put it: TMPDIR/comgr-d41d8c/input/NAME:7:3.
std::string withoutTemporaryPaths(std::string log) {
  const char *tmpdir = std::getenv("TMPDIR");
  const std::string begin = fmt::format("{}/comgr-", tmpdir != nullptr ? tmpdir : "/tmp");
  constexpr std::string_view kEnd = "/input/";
  for (auto at = log.find(begin); at != std::string::npos; at = log.find(begin, at)) {
    const auto end = log.find('/', at + begin.size());
    if (end != std::string::npos && log.compare(end, kEnd.size(), kEnd) == 0)
      log.erase(at, end + kEnd.size() - at);
    else
      at += begin.size();
  }
  return log;
}

// Takes out of `options` those of kLeaveOut that the log complains of; whether there were any.
bool dropRefused(std::vector<std::string> &options, std::string_view log) {
  return std::erase_if(options, [&](const std::string &option) {
           return std::ranges::find(kLeaveOut, option) != kLeaveOut.end() &&
                  log.find(fmt::format("'{}'", option)) != log.npos;
         }) != 0;
}

// Which processor tells the compiler's version when the target is not there: one that has been in
// every ROCm since 5, or whichever is first.
std::string anyProcessor(const std::vector<std::string> &isas) {
  constexpr std::string_view kCommon = "gfx90a";
  const auto common = std::ranges::find(isas, kCommon);
  return common != isas.end() ? *common : isas.empty() ? "" : isas.front();
}

struct Versions {
  std::string clang;
  std::string hip;
};

// What the compiled kProbeSource says: "gemmsmith-probe<CLANG|HIP>".
std::optional<Versions> versionsIn(std::string_view code_object) {
  const auto at = code_object.find(kMarker);
  if (at == code_object.npos)
    return std::nullopt;
  const std::string_view rest = code_object.substr(at + kMarker.size());
  const auto end = rest.find('>');
  const auto bar = rest.find('|');
  if (end == rest.npos || bar > end)
    return std::nullopt;
  return Versions{std::string(trimmed(rest.substr(0, bar))),
                  std::string(rest.substr(bar + 1, end - bar - 1))};
}

std::string_view orUnknown(std::string_view text) {
  return text.empty() ? "unknown" : text;
}

// The libraries that decide what code comes out.
bool decidesCode(std::string_view file) {
  return std::ranges::any_of(std::array{"libhiprtc.so", "libamdhip64.so", "libamd_comgr.so",
                                        "libLLVM", "libclang", "liblld"},
                             [&](std::string_view name) { return file.starts_with(name); });
}

} // namespace

HiprtcCompiler::HiprtcCompiler(HiprtcLibrary library, Comgr comgr)
    : library_(std::move(library)), without_headers_(kBase.begin(), kBase.end()) {
  without_headers_.insert(without_headers_.end(), kLeaveOut.begin(), kLeaveOut.end());
  description_.path = library_.path();
  description_.hiprtc_version = library_.version();
  description_.comgr_version = std::move(comgr.version);
  description_.comgr_path = std::move(comgr.path);
  description_.isas = std::move(comgr.isas);
}

Expected<HiprtcCompiler> HiprtcCompiler::open(const std::string &library) {
  auto loaded = HiprtcLibrary::load(library);
  if (!loaded)
    return tl::unexpected(loaded.error());
  auto comgr = Comgr::of(*loaded);
  if (!comgr)
    return tl::unexpected(comgr.error());
  HiprtcCompiler compiler(std::move(*loaded), std::move(*comgr));
  compiler.description_.library = library;
  return compiler;
}

bool HiprtcCompiler::lists(std::string_view target) const {
  return std::ranges::find(description_.isas, target) != description_.isas.end();
}

HiprtcLibrary::Compilation HiprtcCompiler::compileWith(std::span<const std::string> base,
                                                       const std::string &source,
                                                       const std::string &name,
                                                       const std::string &target,
                                                       std::span<const std::string> options) const {
  std::vector<std::string> all{"--offload-arch=" + target};
  all.insert(all.end(), base.begin(), base.end());
  all.insert(all.end(), options.begin(), options.end());
  HiprtcLibrary::Compilation compilation = library_.compile(source, name, all);
  compilation.log = withoutTemporaryPaths(std::move(compilation.log));
  return compilation;
}

HiprtcLibrary::Compilation
HiprtcCompiler::compileWithoutHeaders(const std::string &source, const std::string &name,
                                      const std::string &target,
                                      std::span<const std::string> options) {
  for (;;) {
    auto compilation = compileWith(without_headers_, source, name, target, options);
    if (compilation.good || !dropRefused(without_headers_, compilation.log))
      return compilation;
  }
}

HiprtcDescription HiprtcCompiler::describe(const std::string &target) {
  HiprtcDescription &d = description_;
  const bool listed = lists(target);
  const std::string processor = listed ? target : anyProcessor(d.isas);
  const auto compilation = processor.empty()
                               ? HiprtcLibrary::Compilation()
                               : compileWithoutHeaders(std::string(kProbeSource),
                                                       std::string(kProbeName), processor, {});
  if (const auto versions = versionsIn(textOf(compilation.code_object))) {
    d.clang_version = versions->clang;
    d.hip_version = versions->hip;
    std::from_chars(d.clang_version.data(), d.clang_version.data() + d.clang_version.size(),
                    d.llvm_major);
  }
  // After a compile, when everything is loaded that it takes. Of one that failed there is none:
  // what it says might be of that failure only.
  if (compilation.good)
    d.identity =
        fmt::format("hiprtc {}; HIP {}; comgr {}; clang {}; options {}; code {}", d.hiprtc_version,
                    orUnknown(d.hip_version), d.comgr_version, orUnknown(d.clang_version),
                    fmt::join(without_headers_, " "), loadedCodeFingerprint(decidesCode));

  HiprtcDescription described = d;
  if (!listed)
    described.reason = unknownTarget(d, target);
  else if (!compilation.good)
    described.reason =
        fmt::format("does not compile for {}: {}\n{}", target, compilation.result, compilation.log);
  described.usable = described.reason.empty();
  return described;
}

Expected<CompiledHip> HiprtcCompiler::compile(const std::string &source, const std::string &name,
                                              const std::string &target,
                                              std::span<const std::string> options,
                                              bool with_headers) {
  if (!isPlainName(name))
    return makeError(ErrorKind::kUsage, "not a name for a source", name);
  if (description_.identity.empty())
    if (const HiprtcDescription found = describe(target); !found.usable)
      return makeError(ErrorKind::kFailed, found.reason, name);
  if (!lists(target))
    return makeError(ErrorKind::kFailed, unknownTarget(description_, target), name);
  const std::string file = name + ".hip";
  const std::vector<std::string> base(kBase.begin(), kBase.end());
  auto compilation = with_headers ? compileWith(base, source, file, target, options)
                                  : compileWithoutHeaders(source, file, target, options);
  if (!compilation.good)
    return makeError(ErrorKind::kFailed,
                     fmt::format("hiprtc (clang {}) does not compile it: {}\n{}",
                                 description_.clang_version, compilation.result, compilation.log),
                     name);
  if (compilation.code_object.empty())
    return makeError(ErrorKind::kFailed, "hiprtc made no code object and reports no error", name);
  return CompiledHip{std::move(compilation.code_object), std::move(compilation.log),
                     description_.identity};
}

} // namespace gemmsmith
