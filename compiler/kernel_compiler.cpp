#include "compiler/kernel_compiler.h"

#include "compiler/hiprtc/hiprtc_finder.h"
#include "compiler/spills.h"
#include "configs/kernel_name.h"

#include <array>
#include <fmt/format.h>
#include <utility>
#include <vector>
#include <xxhash.h>

namespace gemmsmith {

namespace {

constexpr std::array<std::pair<Backend, std::string_view>, 3> kBackendNames{
    {{Backend::kAuto, "auto"}, {Backend::kHiprtc, "hiprtc"}, {Backend::kLlvm, "llvm"}}};

// Argument names are part of the code object's metadata, and release builds of clang drop them.
constexpr const char *kKeepNames = "-fno-discard-value-names";

std::string compilerName(const HiprtcDescription &hiprtc) {
  const std::string version = hiprtc.hip_version.empty() ? "" : " " + hiprtc.hip_version;
  return fmt::format("hiprtc{} with clang {} ({})", version, hiprtc.clang_version, hiprtc.path);
}

// Why none of those that were found can be used.
std::string whyNone(const std::vector<HiprtcDescription> &found) {
  if (found.empty())
    return "no hiprtc is installed";
  std::string text;
  for (const HiprtcDescription &hiprtc : found)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ",
                        hiprtc.path.empty() ? hiprtc.library : hiprtc.path, hiprtc.reason);
  return text;
}

} // namespace

std::string_view toString(Backend backend) {
  for (const auto &[value, name] : kBackendNames)
    if (value == backend)
      return name;
  return "unknown";
}

std::optional<Backend> parseBackend(std::string_view text) {
  for (const auto &[value, name] : kBackendNames)
    if (name == text)
      return value;
  return std::nullopt;
}

KernelCompiler::KernelCompiler(const KernelCompilerOptions &options)
    : target_(options.target),
      generator_(std::make_unique<WorkerPool>(WorkerPoolOptions{.workers = options.workers})) {}

KernelCompiler::~KernelCompiler() = default;

Expected<std::unique_ptr<KernelCompiler>>
KernelCompiler::start(const KernelCompilerOptions &options) {
  std::unique_ptr<KernelCompiler> compiler(new KernelCompiler(options));
  if (auto chosen = compiler->choose(options); !chosen)
    return tl::unexpected(chosen.error());
  return compiler;
}

Expected<void> KernelCompiler::choose(const KernelCompilerOptions &options) {
  if (options.backend == Backend::kLlvm) {
    choice_ = "embedded LLVM, as asked for";
    return {};
  }
  const auto found = findHiprtcs({.target = options.target, .stop_at_usable = true});
  if (!found && options.backend == Backend::kHiprtc)
    return tl::unexpected(found.error());
  if (found && !found->empty() && found->back().usable) {
    hiprtc_ = found->back();
    choice_ = compilerName(*hiprtc_);
    hiprtc_pool_ = std::make_unique<WorkerPool>(hiprtcPoolOptions(options.workers));
    return {};
  }
  const std::string reason = found ? whyNone(*found) : found.error().str();
  if (options.backend == Backend::kHiprtc)
    return makeError(ErrorKind::kFailed,
                     fmt::format("no hiprtc compiles for {}: {}", options.target, reason));
  choice_ = fmt::format("embedded LLVM, as no hiprtc compiles for {}: {}", options.target, reason);
  return {};
}

Expected<std::string> KernelCompiler::identity() {
  auto generator = generator_->fingerprint().get();
  if (!generator || !hiprtc_)
    return generator;
  const std::string text = fmt::format("{}\n{}\n{}", *generator, hiprtc_->identity, kKeepNames);
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void KernelCompiler::compile(const KernelConfig &config, const CompileOptions &options,
                             Callback done) {
  if (!hiprtc_)
    return generator_->submit({.op = WorkerOp::kCompile, .config = config, .options = options},
                              [done = std::move(done)](Expected<WorkerResponse> response) {
                                done(std::move(response).map([](WorkerResponse &&r) {
                                  return CompiledKernel{std::move(r.payload), r.seconds};
                                }));
                              });
  generator_->submit({.op = WorkerOp::kStage, .config = config, .stage = Stage::kHip},
                     [this, config, options, done = std::move(done)](auto response) {
                       if (!response)
                         return done(tl::unexpected(response.error()));
                       compileHip(config, options, *response, done);
                     });
}

void KernelCompiler::compileHip(const KernelConfig &config, const CompileOptions &options,
                                const WorkerResponse &source, const Callback &done) {
  const std::string kernel = kernelName(config);
  hiprtc_pool_->submit(
      {.op = WorkerOp::kCompileHip,
       .payload = source.payload,
       .library = hiprtc_->library,
       .target = target_,
       .name = kernel,
       .compiler_options = {kKeepNames}},
      [this, options, kernel, done,
       generating = source.seconds](Expected<WorkerResponse> response) {
        if (!response) {
          response.error().where = kernel;
          return done(tl::unexpected(response.error()));
        }
        if (response->identity != hiprtc_->identity)
          return done(makeError(ErrorKind::kFailed,
                                "another hiprtc answers than the one that was "
                                "found: was ROCm replaced meanwhile?",
                                kernel));
        if (!options.allow_spills)
          if (auto fits = requireNoSpills(response->payload, kernel); !fits)
            return done(tl::unexpected(fits.error()));
        done(CompiledKernel{std::move(response->payload), generating + response->seconds});
      });
}

std::future<Expected<CompiledKernel>> KernelCompiler::compile(const KernelConfig &config,
                                                              const CompileOptions &options) {
  auto promise = std::make_shared<std::promise<Expected<CompiledKernel>>>();
  compile(config, options,
          [promise](Expected<CompiledKernel> kernel) { promise->set_value(std::move(kernel)); });
  return promise->get_future();
}

void KernelCompiler::cancel() {
  generator_->cancel();
  if (hiprtc_pool_)
    hiprtc_pool_->cancel();
}

} // namespace gemmsmith
