// Code objects that the compile service has or makes.
#pragma once

#include "cache/store.h"
#include "runtime/code_object_source.h"
#include "runtime/known_compiler.h"
#include "runtime/service/service_client.h"

namespace gemmsmith::runtime {

class ServiceSource : public CodeObjectSource {
public:
  // `store` and `known` must outlive this. What the service gives is kept in `store` too.
  ServiceSource(ServiceOptions options, Store &store, KnownCompiler &known)
      : client_(std::move(options)), store_(store), known_(known) {}

  std::string name() const override { return "the compile service at " + client_.options().socket; }
  Tier tier() const override { return Tier::kService; }
  Expected<std::optional<FoundObject>> find(const KernelConfig &config,
                                            std::string_view device_target) override;

private:
  ServiceClient client_;
  Store &store_;
  KnownCompiler &known_;
};

} // namespace gemmsmith::runtime
