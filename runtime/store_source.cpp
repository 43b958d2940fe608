#include "runtime/store_source.h"

#include "configs/held_signals.h"

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

bool StoreSource::isAsked() {
  switch (whose_) {
  case OfCompiler::kAny:
    return true;
  case OfCompiler::kCertain:
    return known_.certain().has_value();
  case OfCompiler::kLikely:
    return !known_.certain() || store_.options().mode == StoreMode::kRequire;
  }
  return true;
}

std::vector<std::string> StoreSource::compilers() {
  if (whose_ == OfCompiler::kLikely)
    return known_.likely();
  const auto certain = known_.certain();
  return certain ? std::vector{*certain} : std::vector<std::string>();
}

std::optional<StoreHit> StoreSource::look(const KernelConfig &config, const std::string &compiler) {
  for (const CacheKey &key : keysOf(compiler, config))
    if (auto hit = place_ == StoreTier::kDisk ? store_.onDisk(key) : store_.onRemotes(key))
      return hit;
  return std::nullopt;
}

Expected<std::optional<FoundObject>> StoreSource::find(const KernelConfig &config,
                                                       std::string_view) {
  const WriteSignalsHeld held;
  std::optional<StoreHit> hit;
  if (whose_ == OfCompiler::kAny)
    hit = store_.inBundles(config, known_.certain());
  else
    for (const std::string &compiler : compilers()) {
      hit = look(config, compiler);
      if (hit)
        break;
    }
  if (!hit)
    return std::nullopt;
  return FoundObject{
      .bytes = std::move(hit->entry.code_object), .tier = tier(), .origin = std::move(hit->origin)};
}

} // namespace gemmsmith::runtime
