// Compile workers of a build's own.
//
// Promises: what object_compiler.h does; the rest is as kernel_compiler.h has it. Thread-safe.
#pragma once

#include "tools/gemmsmith/object_compiler.h"

#include <memory>

namespace gemmsmith {

class WorkerCompiler : public ObjectCompiler {
public:
  static Expected<std::unique_ptr<ObjectCompiler>> start(const KernelCompilerOptions &options);

  const ObjectCompilerFacts &facts() const override { return facts_; }
  // For each worker what it compiles and what it compiles next: others may have the rest.
  std::size_t mostRequests() const override { return 2 * static_cast<std::size_t>(facts_.workers); }
  bool sharesWork() const override { return false; }
  void compile(const KernelConfig &config, const CompileOptions &options, Callback done) override;
  void cancel() override { compiler_->cancel(); }

private:
  WorkerCompiler(std::unique_ptr<KernelCompiler> compiler, CompilerIdentity identity);

  std::unique_ptr<KernelCompiler> compiler_;
  ObjectCompilerFacts facts_;
};

} // namespace gemmsmith
