#include "runtime/service_source.h"

#include "configs/held_signals.h"
#include "configs/kernel_name.h"

#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith::runtime {

Expected<std::optional<FoundObject>> ServiceSource::find(const KernelConfig &config,
                                                         std::string_view) {
  const WriteSignalsHeld held;
  const auto begin = std::chrono::steady_clock::now();
  auto answer = client_.compile(config, toString(config.target), /*allow_spills=*/false);
  if (!answer) {
    if (answer.error().where == client_.options().socket)
      answer.error().where.clear(); // name() has it
    return tl::unexpected(std::move(answer.error()));
  }
  const auto waited = std::chrono::steady_clock::now() - begin;
  Entry &entry = answer->entry;
  known_.learn(entry.key.fields().compiler);
  // The service's store is often this very one, and then has it by now.
  if (!store_.onDisk(entry.key))
    store_.put(entry);
  const bool compiled = answer->origin == ServiceOrigin::kCompiled;
  return FoundObject{.bytes = std::move(entry.code_object),
                     .tier = Tier::kService,
                     .origin = fmt::format("{} by {}", compiled ? "compiled" : "found", name()),
                     .compile_time = compiled ? waited : std::chrono::nanoseconds(0)};
}

} // namespace gemmsmith::runtime
