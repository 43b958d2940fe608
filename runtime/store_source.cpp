#include "runtime/store_source.h"

#include "configs/held_signals.h"
#include "configs/kernel_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace gemmsmith::runtime {

std::string StoreSource::name() const {
  switch (place_) {
  case StoreTier::kBundle:
    return fmt::format("the bundles {}", fmt::join(store_.options().bundles, ", "));
  case StoreTier::kDisk:
    return "the store " + store_.options().directory;
  case StoreTier::kRemote:
    return "the remote stores";
  }
  return "?";
}

Tier StoreSource::tier() const {
  switch (place_) {
  case StoreTier::kBundle:
    return Tier::kBundle;
  case StoreTier::kDisk:
    return Tier::kDisk;
  case StoreTier::kRemote:
    return Tier::kRemote;
  }
  return Tier::kDisk;
}

std::optional<StoreHit> StoreSource::look(const KernelConfig &config, const std::string &compiler) {
  const auto key = CacheKey::make({.compiler = compiler,
                                   .target_id = std::string(toString(config.target)),
                                   .config = config,
                                   .allow_spills = false});
  if (!key)
    return std::nullopt;
  return place_ == StoreTier::kDisk ? store_.onDisk(*key) : store_.onRemotes(*key);
}

Expected<std::optional<FoundObject>> StoreSource::find(const KernelConfig &config,
                                                       std::string_view) {
  const WriteSignalsHeld held;
  std::optional<StoreHit> hit;
  if (whose_ == OfCompiler::kAny) {
    hit = store_.inBundles(config);
  } else {
    const auto certain = known_.certain();
    if (certain.has_value() == (whose_ == OfCompiler::kLikely))
      return std::nullopt;
    const auto compiler = certain ? certain : known_.likely();
    if (!compiler)
      return makeError(
          ErrorKind::kFailed,
          "which compiler's code objects to take is not known, as none can be asked and "
          "none has worked with this store; name it in GEMMSMITH_COMPILER");
    hit = look(config, *compiler);
  }
  if (!hit)
    return std::nullopt;
  return FoundObject{
      .bytes = std::move(hit->entry.code_object), .tier = tier(), .origin = std::move(hit->origin)};
}

} // namespace gemmsmith::runtime
