#include "tools/gemmsmith/cache_reading.h"

#include "cache/quarantine.h"
#include "configs/atomic_file.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/cache_view.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/remote_state.h"
#include "tools/gemmsmith/store_access.h"
#include "tools/gemmsmith/store_entry.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

struct ReadStore {
  OpenStore store;
  std::vector<ListedEntry> entries;

  const std::string &path() const { return store.options.directory; }
};

Expected<ReadStore> readStore() {
  auto store = openStore(DiskAccess::kReadOnly);
  if (!store)
    return tl::unexpected(store.error());
  auto entries = readEntries(*store->disk);
  if (!entries)
    return tl::unexpected(entries.error());
  return ReadStore{std::move(*store), std::move(*entries)};
}

bool matches(const ListedEntry &listed, const std::string &which) {
  return listed.file.hash.hex().starts_with(which) ||
         (listed.entry && kernelName(listed.entry->key.fields().config) == which);
}

void printEntry(const ReadStore &store, const StoreFile &file, const Entry &entry) {
  const CacheKeyFields &fields = entry.key.fields();
  const OrderedJson manifest = manifestOf(entry);
  fmt::print("kernel     {}\n", kernelName(fields.config));
  fmt::print("target     {}\n", fields.target_id);
  fmt::print("compiler   {} ({})\n", fields.compiler, manifest.value("backend", "unknown"));
  fmt::print("spills     {}\n", fields.allow_spills ? "allowed" : "refused");
  fmt::print("object     {} bytes\n", entry.code_object.size());
  fmt::print("file       {}/{}, {} bytes\n", store.path(), file.name, file.bytes);
  fmt::print("last used  {}\n", dateText(file.modified.tv_sec));
  const OrderedJson resources = manifest.value("resources", OrderedJson::object());
  for (const auto &[name, value] : resources.items())
    fmt::print("  {:<15} {}\n", name, value.dump());
}

struct Verification {
  std::size_t entries = 0;
  OrderedJson problems = OrderedJson::array();

  void check(const std::string &where, const Found<Entry> &entry) {
    ++entries;
    if (!entry)
      return add(where, entry.error().why);
    if (const auto right = checkStoreEntry(*entry); !right)
      add(where, right.error().str());
  }
  void add(const std::string &where, const std::string &why) {
    problems.push_back({{"where", where}, {"why", why}});
  }
};

Expected<void> verifyStore(Verification &verification) {
  const auto store = readStore();
  if (!store)
    return tl::unexpected(store.error());
  for (const ListedEntry &listed : store->entries)
    verification.check(store->path() + "/" + listed.file.name, listed.entry);
  return {};
}

Expected<void> verifyBundles(const VerifyCacheOptions &options, Verification &verification) {
  for (const std::string &path : options.bundles) {
    const auto bundle = openBundle(path, options.public_key);
    if (!bundle)
      return tl::unexpected(bundle.error());
    for (const BundleRecord &record : bundle->records())
      verification.check(path, bundle->read(record));
  }
  return {};
}

} // namespace

int listCache(bool json) {
  const auto store = readStore();
  if (!store)
    return reportError(store.error());
  if (json) {
    OrderedJson entries = OrderedJson::array();
    OrderedJson damaged = OrderedJson::array();
    for (const ListedEntry &listed : store->entries)
      if (listed.entry)
        entries.push_back(entryJson(listed.file, *listed.entry));
      else
        damaged.push_back(damageJson(listed.file, listed.entry.error()));
    fmt::print("{}", dumpJson({{"directory", store->path()},
                               {"entries", std::move(entries)},
                               {"damaged", std::move(damaged)}}));
    return kExitGood;
  }
  std::uint64_t bytes = 0;
  for (const auto &[file, entry] : store->entries) {
    bytes += file.bytes;
    constexpr std::size_t kShownDigits = 12;
    fmt::print("{}  {:>10}  {}  {:<6}  {}\n", file.hash.hex().substr(0, kShownDigits),
               sizeText(file.bytes), dateText(file.modified.tv_sec),
               entry ? entry->key.fields().target_id : "-",
               entry ? kernelName(entry->key.fields().config) : entry.error().why);
  }
  fmt::print("{}, {} in {}\n", entriesText(store->entries.size()), sizeText(bytes), store->path());
  return kExitGood;
}

int showCache(const ShowCacheOptions &options) {
  const auto store = readStore();
  if (!store)
    return reportError(store.error());
  std::vector<const ListedEntry *> found;
  for (const ListedEntry &listed : store->entries)
    if (matches(listed, options.which))
      found.push_back(&listed);
  if (found.empty())
    return reportError(
        {ErrorKind::kFailed,
         fmt::format("has no entry '{}'; `gemmsmith cache ls` lists them", options.which),
         store->path()});
  for (const ListedEntry *listed : found)
    if (!listed->entry)
      return reportError({ErrorKind::kFailed, listed->entry.error().why, {}});
  if (!options.output.empty()) {
    if (found.size() > 1)
      return reportError({ErrorKind::kUsage,
                          fmt::format("{} entries are called '{}'; -o takes one: name it by its "
                                      "hash",
                                      found.size(), options.which),
                          {}});
    const std::vector<std::byte> &object = found.front()->entry->code_object;
    const auto written = writeFileAtomically(
        options.output,
        std::string_view(reinterpret_cast<const char *>(object.data()), object.size()));
    if (!written)
      return reportError(written.error());
  }
  OrderedJson list = OrderedJson::array();
  for (const ListedEntry *listed : found) {
    if (!options.json) {
      fmt::print("{}", listed == found.front() ? "" : "\n");
      printEntry(*store, listed->file, *listed->entry);
      continue;
    }
    OrderedJson entry = entryJson(listed->file, *listed->entry);
    entry["manifest"] = manifestOf(*listed->entry);
    list.push_back(std::move(entry));
  }
  if (options.json)
    fmt::print("{}", dumpJson({{"directory", store->path()}, {"entries", std::move(list)}}));
  return kExitGood;
}

int statCache(bool json) {
  const auto store = openStore(DiskAccess::kReadOnly);
  if (!store)
    return reportError(store.error());
  const auto files = listStore(store->disk->directory());
  if (!files)
    return reportError(files.error());
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pending = 0;
  for (const StoreFile &file : *files) {
    entries += file.kind == StoreFileKind::kEntry ? 1 : 0;
    bytes += file.kind == StoreFileKind::kEntry ? file.bytes : 0;
    pending += file.kind == StoreFileKind::kPending ? 1 : 0;
  }
  const std::size_t quarantined = listQuarantine(store->disk->directory()).size();
  const StoreOptions &options = store->options;
  const std::vector<RemoteState> remotes = askRemotes(options);
  if (json) {
    OrderedJson asked = OrderedJson::array();
    for (const RemoteState &remote : remotes)
      asked.push_back(remoteJson(remote));
    fmt::print("{}", dumpJson({{"directory", options.directory},
                               {"exists", store->disk->directory() >= 0},
                               {"mode", toString(options.mode)},
                               {"limit_bytes", options.limit_bytes},
                               {"entries", entries},
                               {"bytes", bytes},
                               {"pending", pending},
                               {"quarantined", quarantined},
                               {"bundles", options.bundles},
                               {"remotes", std::move(asked)}}));
    return kExitGood;
  }
  fmt::print("directory    {}{}\n", options.directory,
             store->disk->directory() < 0 ? " (not there yet)" : "");
  fmt::print("mode         {}\n", toString(options.mode));
  fmt::print("entries      {}, {} of {}\n", entries, sizeText(bytes),
             options.limit_bytes == 0 ? "any number" : sizeText(options.limit_bytes));
  fmt::print("pending      {}\n", pending);
  fmt::print("quarantined  {}\n", quarantined);
  for (const std::string &path : options.bundles)
    fmt::print("bundle       {}\n", path);
  for (const RemoteState &remote : remotes)
    fmt::print("remote       {}\n", remoteText(remote));
  return kExitGood;
}

int verifyCache(const VerifyCacheOptions &options) {
  Verification verification;
  const auto read =
      options.bundles.empty() ? verifyStore(verification) : verifyBundles(options, verification);
  if (!read)
    return reportError(read.error());
  const std::size_t bad = verification.problems.size();
  if (options.json) {
    fmt::print("{}", dumpJson({{"entries", verification.entries},
                               {"bad", bad},
                               {"problems", std::move(verification.problems)}}));
  } else {
    for (const OrderedJson &problem : verification.problems)
      fmt::print("{}\n", problem["why"].get<std::string>());
    fmt::print("{}: {} good, {} bad\n", entriesText(verification.entries),
               verification.entries - bad, bad);
  }
  return bad == 0 ? kExitGood : kExitFailed;
}

} // namespace gemmsmith
