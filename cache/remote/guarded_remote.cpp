#include "cache/remote/guarded_remote.h"

#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

RemoteKey remoteKey(const CacheKey &key) {
  return {.text = key.text(), .hash = key.hash()};
}

} // namespace

GuardedRemote::GuardedRemote(RemoteOptions options, RemoteAccess access, Warn warn)
    : options_(std::move(options)),
      writable_(options_.write && access == RemoteAccess::kAsOptionsSay), warn_(std::move(warn)) {}

RemoteStore *GuardedRemote::store() {
  std::call_once(opened_, [this] {
    auto opened = RemoteStore::open(options_);
    if (opened) {
      store_.emplace(std::move(*opened));
      return;
    }
    reading_.out = true;
    warn_(fmt::format("the remote store {} is not used: {}", address(), opened.error().str()));
  });
  return reading_.out ? nullptr : &*store_;
}

// Servers need not take it, Bazel's do not: the entry that is compiled now overwrites the damaged
// one there.
void GuardedRemote::discard(RemoteStore &store, const RemoteKey &key) {
  if (writable_)
    (void)store.remove(key);
}

Found<Entry> GuardedRemote::get(const CacheKey &key) {
  RemoteStore *const store = this->store();
  if (store == nullptr)
    return makeMiss(MissReason::kAbsent);
  const auto damaged = [&](std::string_view why) {
    discard(*store, remoteKey(key));
    return makeMiss(MissReason::kDamaged,
                    fmt::format("the remote store {}: not a readable entry under {}: {}", address(),
                                key.hash().hex(), why));
  };
  const std::uint64_t begun = reading_.begin();
  const auto bytes = store->get(remoteKey(key));
  if (!bytes && bytes.error().reason == MissReason::kUnreadable) {
    if (reading_.failed(begun))
      warn_(fmt::format("the remote store {} is not used any more, as it failed {} times in a row: "
                        "{}",
                        address(), kFailuresInARow, bytes.error().why));
    return makeMiss(MissReason::kAbsent);
  }
  reading_.succeeded();
  if (!bytes)
    return bytes.error().reason == MissReason::kAbsent ? makeMiss(MissReason::kAbsent)
                                                       : damaged(bytes.error().why);
  auto entry = decodeEntry(*bytes);
  if (!entry)
    return damaged(entry.error().message);
  if (entry->key != key)
    return damaged("it is of another key");
  return std::move(*entry);
}

void GuardedRemote::put(const CacheKey &key, std::span<const std::byte> bytes) {
  if (!writable_ || writing_.out)
    return;
  RemoteStore *const store = this->store();
  if (store == nullptr)
    return;
  const std::uint64_t begun = writing_.begin();
  const auto written = store->put(remoteKey(key), bytes);
  if (written)
    writing_.succeeded();
  else if (writing_.failed(begun))
    warn_(fmt::format("nothing is put into the remote store {} any more, as that failed {} times "
                      "in a row: {}",
                      address(), kFailuresInARow, written.error().message));
}

} // namespace gemmsmith
