#include "runtime/object_places.h"

#include "runtime/directory_source.h"
#include "runtime/service_source.h"
#include "runtime/store_source.h"

#include <memory>
#include <string>

namespace gemmsmith::runtime {

ObjectPlaces::ObjectPlaces(const Settings &settings, Counters &counters, const Log &log)
    : store_(settings.store, [&log](const std::string &warning) { log.warning(warning); }),
      compiler_(settings.compiler, settings.service_program, store_.directory()),
      chain_(counters, log) {
  addSources(settings);
}

void ObjectPlaces::addSources(const Settings &settings) {
  if (!settings.objects.empty())
    chain_.add(std::make_unique<DirectorySource>(settings.objects));
  const auto add = [&](StoreTier tier, OfCompiler whose) {
    chain_.add(std::make_unique<StoreSource>(store_, tier, whose, compiler_));
  };
  const StoreOptions &store = store_.options();
  const auto add_store = [&](OfCompiler whose) {
    if (store.mode == StoreMode::kOff)
      return;
    add(StoreTier::kDisk, whose);
    if (!store.remotes.empty())
      add(StoreTier::kRemote, whose);
  };
  if (store.mode != StoreMode::kOff && !store.bundles.empty())
    add(StoreTier::kBundle, OfCompiler::kAny);
  add_store(OfCompiler::kCertain);
  if (settings.service && store.mode != StoreMode::kRequire)
    chain_.add(std::make_unique<ServiceSource>(
        ServiceOptions{.socket = settings.service_socket,
                       .program = settings.may_start_service ? settings.service_program : ""},
        store_, compiler_));
  add_store(OfCompiler::kLikely);
  chain_.setAdvice([this, service = settings.service](const KernelConfig &config) -> std::string {
    const StoreMode mode = store_.options().mode;
    if (mode == StoreMode::kRequire)
      return "it " + missingRequired(config, /*allow_spills=*/false).message;
    const bool unnamed = !service || !store_.options().remotes.empty();
    if (mode != StoreMode::kOff && unnamed && !compiler_.certain() && compiler_.likely().empty())
      return "whose code objects to take from the store is not known: name the compiler in "
             "GEMMSMITH_COMPILER";
    return {};
  });
}

} // namespace gemmsmith::runtime
