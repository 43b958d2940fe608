// Code objects in the store: in its bundles, in its directory, or in its remote stores.
#pragma once

#include "cache/store.h"
#include "runtime/code_object_source.h"
#include "runtime/known_compiler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith::runtime {

// Whose objects are looked for.
enum class OfCompiler : std::uint8_t {
  kAny,     // of a bundle: who names one wants what is in it
  kCertain, // KnownCompiler::certain(); not asked while that is not known
  kLikely,  // KnownCompiler::likely(); not asked where new ones can be made of the certain one's
};

class StoreSource : public CodeObjectSource {
public:
  // `store` and `known` must outlive this. kAny goes with StoreTier::kBundle, the others do not.
  StoreSource(Store &store, StoreTier tier, OfCompiler whose, KnownCompiler &known)
      : store_(store), place_(tier), whose_(whose), known_(known) {}

  std::string name() const override;
  Tier tier() const override;
  bool isAsked() override;
  Expected<std::optional<FoundObject>> find(const KernelConfig &config,
                                            std::string_view device_target) override;

private:
  std::vector<std::string> compilers();
  std::optional<StoreHit> look(const KernelConfig &config, const std::string &compiler);

  Store &store_;
  StoreTier place_;
  OfCompiler whose_;
  KnownCompiler &known_;
};

} // namespace gemmsmith::runtime
