#include "tools/gemmsmith/worker_compiler.h"

#include <utility>

namespace gemmsmith {

WorkerCompiler::WorkerCompiler(std::unique_ptr<KernelCompiler> compiler, CompilerIdentity identity)
    : compiler_(std::move(compiler)), facts_{.identity = std::move(identity),
                                             .backend = compiler_->choice().backend,
                                             .compiler = compiler_->choice().str(),
                                             .workers = compiler_->workers()} {}

Expected<std::unique_ptr<ObjectCompiler>>
WorkerCompiler::start(const KernelCompilerOptions &options) {
  auto compiler = KernelCompiler::start(options);
  if (!compiler)
    return tl::unexpected(compiler.error());
  auto identity = (*compiler)->identify();
  if (!identity)
    return tl::unexpected(identity.error());
  return std::unique_ptr<ObjectCompiler>(
      new WorkerCompiler(std::move(*compiler), std::move(*identity)));
}

void WorkerCompiler::compile(const KernelConfig &config, const CompileOptions &options,
                             Callback done) {
  compiler_->compile(config, options, [done = std::move(done)](Expected<CompiledKernel> compiled) {
    done(std::move(compiled).map([](CompiledKernel &&kernel) {
      return CompiledObject{.code_object = std::move(kernel.code_object),
                            .origin = ObjectOrigin::kCompiled,
                            .seconds = kernel.seconds,
                            .log = std::move(kernel.log)};
    }));
  });
}

} // namespace gemmsmith
