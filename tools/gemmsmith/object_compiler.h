// Who compiles the kernels of a build: workers of its own (worker_compiler.h), or the compile
// service (service_compiler.h).
//
// Promises: each compile() is answered once, on a thread of the compiler's; those that wait when it
// is cancelled or goes are answered with an error. Does not: look into the build's store or write
// to it. Thread-safe.
#pragma once

#include "compiler/backend.h"
#include "compiler/compile.h"
#include "compiler/kernel_compiler.h"
#include "configs/error.h"
#include "configs/kernel_config.h"
#include "tools/gemmsmith/build_record.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace gemmsmith {

struct ObjectCompilerFacts {
  // Without files where somebody else keeps the stores' record of the compiler.
  CompilerIdentity identity;
  Backend backend = Backend::kLlvm;
  std::string compiler; // for people: BackendChoice::str()
  int workers = 0;
};

struct CompiledObject {
  std::vector<std::byte> code_object;
  ObjectOrigin origin = ObjectOrigin::kCompiled; // or kFromStore
  double seconds = 0;                            // in the worker; 0 unless it was compiled
  std::string log = {};                          // what the compiler says of a kernel that is there
};

class ObjectCompiler {
public:
  // Must not throw and must not destroy the compiler.
  using Callback = std::function<void(Expected<CompiledObject>)>;

  virtual ~ObjectCompiler() = default;
  virtual const ObjectCompilerFacts &facts() const = 0;
  // Unanswered requests that keep it busy; with more of them some only wait.
  virtual std::size_t mostRequests() const = 0;
  // Whether it agrees itself with others that fill the same store on who compiles a kernel. Who
  // asks it must not hold the kernel's lock then: it would wait for that.
  virtual bool sharesWork() const = 0;
  virtual void compile(const KernelConfig &config, const CompileOptions &options,
                       Callback done) = 0;
  virtual void cancel() = 0; // also of later requests
};

} // namespace gemmsmith
