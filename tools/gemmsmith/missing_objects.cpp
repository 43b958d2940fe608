#include "tools/gemmsmith/missing_objects.h"

#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/finished_queue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <utility>

namespace gemmsmith {

// Those that take longest first: the last ones to finish should be short. Code size, hence compile
// time, grows with a wave's share of the tile.
std::vector<std::string> MissingObjects::names() const {
  std::vector<std::string> missing;
  for (const auto &[kernel, config] : plan_.kernels)
    if (!record_.objects.contains(kernel))
      missing.push_back(kernel);
  const auto order = [&](const std::string &kernel) {
    const KernelConfig &config = plan_.kernels.at(kernel);
    const auto share =
        std::int64_t{config.tile.m} * config.tile.n * config.tile.k / config.waves.count();
    return std::pair<std::int64_t, const std::string &>(-share, kernel);
  };
  std::ranges::sort(missing, {}, order);
  return missing;
}

// Takes a kernel from the store, if that has it. Whether nothing is left to do for it: also when
// the store must have it (mode "require") and has not, so that it has failed.
Expected<bool> MissingObjects::takeFromStore(const std::string &kernel) {
  const auto bytes = store_.get(plan_.kernels.at(kernel));
  if (!bytes) {
    record_.objects[kernel].error = bytes.error().str();
    reportError(bytes.error());
    return true;
  }
  if (!*bytes)
    return false;
  auto stored = directory_.store(kernel, **bytes);
  if (!stored && stored.error().kind == ErrorKind::kFailed)
    return tl::unexpected(stored.error());
  if (!stored) {
    reportWarning("what the store has is not used: " + stored.error().str());
    return false;
  }
  record_.objects[kernel] = {.stored = std::move(*stored),
                             .origin = ObjectOrigin::kFromStore,
                             .compile_seconds = 0,
                             .error = {}};
  return true;
}

// The same of each. Returns the ones left to compile, in order.
Expected<std::vector<std::string>>
MissingObjects::takeAllFromStore(const std::vector<std::string> &kernels) {
  std::vector<std::string> left;
  for (const std::string &kernel : kernels) {
    const auto taken = takeFromStore(kernel);
    if (!taken)
      return tl::unexpected(taken.error());
    if (!*taken)
      left.push_back(kernel);
  }
  return left;
}

KernelQueue MissingObjects::queueFor(const ObjectCompiler &compiler,
                                     const std::vector<std::string> &kernels) const {
  using Locked = tl::expected<KeyLock, KeyLock::Refusal>;
  if (compiler.sharesWork())
    return {kernels,
            [](auto &) -> Locked { return tl::unexpected(KeyLock::Refusal::kImpossible); }};
  return {kernels, [this](const std::string &kernel) -> Locked {
            return store_.lock(plan_.kernels.at(kernel));
          }};
}

// Stores what was made of a kernel, or records why there is nothing.
Expected<void> MissingObjects::keep(const std::string &kernel, const Expected<CompiledObject> &made,
                                    Progress &progress) {
  ObjectRecord &object = record_.objects[kernel];
  if (made) {
    if (!made->log.empty())
      progress.message(fmt::format("gemmsmith: warning: {}: {}", kernel, made->log));
    auto stored = directory_.store(kernel, made->code_object);
    if (!stored && stored.error().kind == ErrorKind::kFailed)
      return tl::unexpected(stored.error());
    if (stored) {
      object.stored = std::move(*stored);
      object.origin = made->origin;
      object.compile_seconds = made->seconds;
      store_.put(plan_.kernels.at(kernel), made->code_object);
    } else {
      object.error = stored.error().str();
    }
  } else {
    object.error = made.error().str();
  }
  if (!object.stored)
    progress.message("gemmsmith: error: " + object.error);
  return {};
}

Expected<void> MissingObjects::compileAll(ObjectCompiler &compiler, const CompileOptions &options,
                                          const std::vector<std::string> &kernels) {
  // Shared with the callbacks, which may run after an early return from here.
  auto finished = std::make_shared<FinishedQueue<CompiledObject>>();
  KernelQueue queue = queueFor(compiler, kernels);
  const bool shared = store_.options().mode == StoreMode::kReadWrite && !compiler.sharesWork();
  std::size_t compiling = 0;
  std::size_t done = 0;

  Progress progress("compiled", kernels.size());
  while (done < kernels.size()) {
    while (compiling < compiler.mostRequests()) {
      const auto kernel = queue.next();
      if (!kernel)
        break;
      // Who had the lock before may have made it.
      const Expected<bool> taken = shared ? takeFromStore(*kernel) : false;
      if (!taken)
        return tl::unexpected(taken.error());
      if (*taken) {
        queue.finish(*kernel);
        progress.update(++done, *kernel);
        continue;
      }
      compiler.compile(plan_.kernels.at(*kernel), options,
                       [finished, kernel = *kernel](Expected<CompiledObject> made) {
                         finished->push({kernel, std::move(made)});
                       });
      ++compiling;
    }
    if (done == kernels.size())
      break;
    const auto item = finished->pop();
    if (interrupt_.requested())
      return makeError(ErrorKind::kFailed,
                       fmt::format("interrupted after {} of {} objects; the same command goes on "
                                   "from here",
                                   done, kernels.size()));
    if (!item)
      continue;
    --compiling;
    if (auto kept = keep(item->kernel, item->result, progress); !kept)
      return kept;
    queue.finish(item->kernel);
    progress.update(++done, item->kernel);
  }
  return {};
}

Expected<void> MissingObjects::make(ObjectCompiler &compiler, const CompileOptions &options) {
  const std::vector<std::string> missing = names();
  if (missing.empty())
    return {};
  std::map<std::string, StoredObject> reused;
  for (const auto &[kernel, object] : record_.objects)
    reused.emplace(kernel, *object.stored);
  auto done = directory_.begin(reused)
                  .and_then([&] { return takeAllFromStore(missing); })
                  .and_then([&](const std::vector<std::string> &left) {
                    return compileAll(compiler, options, left);
                  });
  if (!done)
    compiler.cancel(); // what it is still asked for nobody waits for
  return done;
}

} // namespace gemmsmith
