#include "compiler/kernel_compiler.h"

#include "compiler/hiprtc/hiprtc_finder.h"
#include "compiler/spills.h"
#include "configs/file_descriptor.h"
#include "configs/hash128.h"
#include "configs/kernel_name.h"

#include <fmt/format.h>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

// Argument names are part of the code object's metadata, and release builds of clang drop them.
constexpr const char *kKeepNames = "-fno-discard-value-names";

} // namespace

std::string compilerIdentity(const std::string &generator, const BackendChoice &choice) {
  if (!choice.hiprtc)
    return generator;
  return hash128(fmt::format("{}\n{}\n{}", generator, choice.hiprtc->identity, kKeepNames)).hex();
}

KernelCompiler::KernelCompiler(const KernelCompilerOptions &options, BackendChoice choice)
    : target_(options.target), choice_(std::move(choice)),
      generator_(std::make_unique<WorkerPool>(
          WorkerPoolOptions{.workers = options.workers,
                            .time_limit = options.time_limit,
                            .memory_limit_bytes = options.memory_limit_bytes,
                            .interrupt_fd = options.interrupt_fd})) {
  if (!choice_.hiprtc)
    return;
  WorkerPoolOptions hiprtc = hiprtcPoolOptions(options.workers);
  hiprtc.time_limit = options.time_limit;
  hiprtc.memory_limit_bytes = options.memory_limit_bytes;
  hiprtc.interrupt_fd = options.interrupt_fd;
  hiprtc_pool_ = std::make_unique<WorkerPool>(std::move(hiprtc));
}

KernelCompiler::~KernelCompiler() = default;

Expected<std::unique_ptr<KernelCompiler>>
KernelCompiler::start(const KernelCompilerOptions &options) {
  Expected<std::vector<HiprtcDescription>> found;
  if (options.backend != Backend::kLlvm)
    found = findHiprtcs(
        {.target = options.target, .stop_at_usable = true, .interrupt_fd = options.interrupt_fd});
  if (isReadable(options.interrupt_fd)) // no reason to take the other back end
    return makeError(ErrorKind::kFailed, "interrupted");
  auto choice = chooseBackend(options.backend, options.target, found);
  if (!choice)
    return tl::unexpected(choice.error());
  return std::unique_ptr<KernelCompiler>(new KernelCompiler(options, std::move(*choice)));
}

Expected<CompilerIdentity> KernelCompiler::identify() {
  std::promise<Expected<WorkerResponse>> promise;
  generator_->submit({.op = WorkerOp::kFingerprint}, [&](Expected<WorkerResponse> response) {
    promise.set_value(std::move(response));
  });
  auto generator = promise.get_future().get();
  if (!generator)
    return tl::unexpected(std::move(generator.error()));
  CompilerIdentity identity{
      .hex = {reinterpret_cast<const char *>(generator->payload.data()), generator->payload.size()},
      .files = std::move(generator->files)};
  {
    const std::lock_guard lock(mutex_);
    fingerprint_ = identity.hex;
  }
  identity.hex = compilerIdentity(identity.hex, choice_);
  if (choice_.hiprtc) {
    for (const std::string &file :
         {choice_.hiprtc->path, choice_.hiprtc->comgr_path, defaultHiprtcWorkerProgram().string()})
      if (!file.empty()) // the loader does not always say where comgr is
        identity.files.push_back(file);
  }
  return identity;
}

Expected<void> KernelCompiler::checkGenerator(const WorkerResponse &response,
                                              const std::string &kernel) const {
  const std::lock_guard lock(mutex_);
  if (fingerprint_.empty() || response.identity == fingerprint_)
    return {};
  return makeError(ErrorKind::kFailed,
                   "another compile worker answers than the one that began: was Gemmsmith or LLVM "
                   "replaced meanwhile? Start again",
                   kernel);
}

Expected<std::string> KernelCompiler::identity() {
  return identify().map([](CompilerIdentity &&identity) { return std::move(identity.hex); });
}

void KernelCompiler::compile(const KernelConfig &config, const CompileOptions &options,
                             Callback done) {
  if (!choice_.hiprtc)
    return generator_->submit(
        {.op = WorkerOp::kCompile, .config = config, .options = options},
        [this, kernel = kernelName(config), done = std::move(done)](auto response) {
          if (!response)
            return done(tl::unexpected(response.error()));
          if (auto same = checkGenerator(*response, kernel); !same)
            return done(tl::unexpected(same.error()));
          done(CompiledKernel{std::move(response->payload), response->seconds,
                              std::move(response->log)});
        });
  generator_->submit({.op = WorkerOp::kStage, .config = config, .stage = Stage::kHip},
                     [this, config, options, done = std::move(done)](auto response) {
                       if (!response)
                         return done(tl::unexpected(response.error()));
                       if (auto same = checkGenerator(*response, kernelName(config)); !same)
                         return done(tl::unexpected(same.error()));
                       compileHip(config, options, *response, done);
                     });
}

void KernelCompiler::compileHip(const KernelConfig &config, const CompileOptions &options,
                                const WorkerResponse &source, const Callback &done) {
  const std::string kernel = kernelName(config);
  hiprtc_pool_->submit({.op = WorkerOp::kCompileHip,
                        .payload = source.payload,
                        .library = choice_.hiprtc->library,
                        .target = target_,
                        .name = kernel,
                        .compiler_options = {kKeepNames}},
                       [this, options, kernel, done,
                        generating = source.seconds](Expected<WorkerResponse> response) {
                         if (!response) {
                           response.error().where = kernel;
                           return done(tl::unexpected(response.error()));
                         }
                         if (response->identity != choice_.hiprtc->identity)
                           return done(makeError(ErrorKind::kFailed,
                                                 "another hiprtc answers than the one that was "
                                                 "found: was ROCm replaced meanwhile?",
                                                 kernel));
                         if (!options.allow_spills)
                           if (auto fits = requireNoSpills(response->payload, kernel); !fits)
                             return done(tl::unexpected(fits.error()));
                         done(CompiledKernel{std::move(response->payload),
                                             generating + response->seconds,
                                             std::move(response->log)});
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
