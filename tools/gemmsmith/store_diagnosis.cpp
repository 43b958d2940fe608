#include "tools/gemmsmith/store_diagnosis.h"

#include "cache/bundle.h"
#include "cache/disk_store.h"
#include "cache/store_listing.h"
#include "tools/gemmsmith/cache_view.h"
#include "tools/gemmsmith/report_lines.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace gemmsmith {

namespace {

BundleDiagnosis diagnoseBundle(const std::string &path) {
  BundleDiagnosis diagnosis;
  diagnosis.path = path;
  if (const auto bundle = Bundle::open(path)) {
    diagnosis.entries = bundle->records().size();
    diagnosis.bytes = bundle->bytes();
    diagnosis.is_signed = bundle->isSigned();
  } else {
    diagnosis.problem = bundle.error().message;
  }
  return diagnosis;
}

// Why nothing can be put into a directory that is safe otherwise; empty if something can.
std::string whyNotWritable(int directory) {
  if (::faccessat(directory, ".", W_OK, AT_EACCESS) == 0)
    return {};
  return fmt::format("it cannot be written to: {}; set GEMMSMITH_CACHE=ro to only read it",
                     std::generic_category().message(errno));
}

void diagnoseDirectory(StoreDiagnosis &diagnosis) {
  const auto disk =
      DiskStore::open({.directory = diagnosis.options.directory, .access = DiskAccess::kReadOnly});
  if (!disk) {
    diagnosis.problem = disk.error().message;
    return;
  }
  const int directory = (*disk)->directory();
  diagnosis.exists = directory >= 0;
  if (!diagnosis.exists)
    return;
  const auto files = listStore(directory);
  if (!files) {
    diagnosis.problem = files.error().message;
    return;
  }
  for (const StoreFile &file : *files)
    if (file.kind == StoreFileKind::kEntry) {
      ++diagnosis.entries;
      diagnosis.bytes += file.bytes;
    }
  if (diagnosis.options.mode == StoreMode::kReadWrite)
    diagnosis.problem = whyNotWritable(directory);
}

std::string fullness(const StoreDiagnosis &diagnosis) {
  if (!diagnosis.exists)
    return "none: the directory does not exist yet";
  const std::uint64_t limit = diagnosis.options.limit_bytes;
  return fmt::format("{}, {}{}", diagnosis.entries, sizeText(diagnosis.bytes),
                     limit == 0 ? ", without a limit" : fmt::format(" of {}", sizeText(limit)));
}

} // namespace

StoreDiagnosis diagnoseStore() {
  StoreDiagnosis diagnosis;
  auto options = storeOptionsFromEnvironment();
  if (!options) {
    diagnosis.problem = options.error().str();
    return diagnosis;
  }
  diagnosis.options = std::move(*options);
  if (diagnosis.options.mode == StoreMode::kOff)
    return diagnosis;
  for (const std::string &path : diagnosis.options.bundles)
    diagnosis.bundles.push_back(diagnoseBundle(path));
  diagnoseDirectory(diagnosis);
  diagnosis.remotes = askRemotes(diagnosis.options);
  return diagnosis;
}

void printStore(const StoreDiagnosis &diagnosis) {
  if (diagnosis.options.mode == StoreMode::kOff) {
    printHead(true, "store of code objects: off, as GEMMSMITH_CACHE says");
    return;
  }
  printHead(diagnosis.problem.empty(), "store of code objects");
  printField("directory", diagnosis.options.directory);
  if (!diagnosis.options.directory.empty())
    printField("mode", toString(diagnosis.options.mode));
  if (diagnosis.problem.empty() || diagnosis.exists)
    printField("entries", fullness(diagnosis));
  printField("not usable", diagnosis.problem);
  for (const BundleDiagnosis &bundle : diagnosis.bundles) {
    printHead(bundle.problem.empty(), "bundle " + bundle.path);
    if (bundle.problem.empty())
      printField("entries", fmt::format("{}, {}{}", bundle.entries, sizeText(bundle.bytes),
                                        bundle.is_signed ? ", signed" : ""));
    printField("not usable", bundle.problem);
  }
  for (const RemoteState &remote : diagnosis.remotes)
    printHead(remote.answer.has_value(), "remote store " + remoteText(remote));
}

OrderedJson storeJson(const StoreDiagnosis &diagnosis) {
  OrderedJson bundles = OrderedJson::array();
  for (const BundleDiagnosis &bundle : diagnosis.bundles)
    bundles.push_back({{"path", bundle.path},
                       {"usable", bundle.problem.empty()},
                       {"reason", textOrNull(bundle.problem)},
                       {"entries", bundle.entries},
                       {"bytes", bundle.bytes},
                       {"signed", bundle.is_signed}});
  OrderedJson remotes = OrderedJson::array();
  for (const RemoteState &remote : diagnosis.remotes)
    remotes.push_back(remoteJson(remote));
  return {{"mode", toString(diagnosis.options.mode)},
          {"directory", textOrNull(diagnosis.options.directory)},
          {"usable", diagnosis.problem.empty() && diagnosis.options.mode != StoreMode::kOff},
          {"reason", textOrNull(diagnosis.problem)},
          {"exists", diagnosis.exists},
          {"entries", diagnosis.entries},
          {"bytes", diagnosis.bytes},
          {"limit_bytes", diagnosis.options.limit_bytes},
          {"bundles", std::move(bundles)},
          {"remotes", std::move(remotes)}};
}

} // namespace gemmsmith
