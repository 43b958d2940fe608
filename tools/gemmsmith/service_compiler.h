// The compile service as what compiles a build's kernels, started when none runs.
//
// Promises: what object_compiler.h does. Every object is of the compiler that the service had when
// the build began; a service that was replaced by one with another compiler is an error that says
// so. cancel() ends all waiting at once; what the service was asked goes on there. Its threads take
// no signals and are gone when this is. Thread-safe.
#pragma once

#include "configs/file_descriptor.h"
#include "runtime/service/service_client.h"
#include "tools/gemmsmith/object_compiler.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gemmsmith {

class ServiceCompiler : public ObjectCompiler {
public:
  // Of the service at `options.socket`. The interrupt descriptor is that of starting it alone.
  static Expected<std::unique_ptr<ObjectCompiler>> start(ServiceOptions options);
  ~ServiceCompiler() override;

  const ObjectCompilerFacts &facts() const override { return facts_; }
  std::size_t mostRequests() const override { return threads_.size(); }
  bool sharesWork() const override { return true; }
  void compile(const KernelConfig &config, const CompileOptions &options, Callback done) override;
  void cancel() override;

private:
  struct Request {
    KernelConfig config;
    bool allow_spills = false;
    Callback done;
  };

  ServiceCompiler(ServiceOptions options, FileDescriptor cancelled, ObjectCompilerFacts facts);
  Expected<void> startThreads();
  void work();
  Expected<CompiledObject> ask(const Request &request);

  FileDescriptor cancelled_; // readable for ever once it is
  ObjectCompilerFacts facts_;
  ServiceClient client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;
  bool leaving_ = false; // the threads, once there are no requests
  std::vector<std::thread> threads_;
};

} // namespace gemmsmith
