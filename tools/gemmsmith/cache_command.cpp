#include "tools/gemmsmith/cache_command.h"

#include "cache/store_options.h"
#include "tools/gemmsmith/cache_reading.h"
#include "tools/gemmsmith/cache_transfer.h"
#include "tools/gemmsmith/cache_upkeep.h"

#include <fmt/format.h>
#include <memory>
#include <string>

namespace gemmsmith {

namespace {

void addJson(CLI::App &command, bool &json) {
  command.add_flag("--json", json, "Print JSON");
}

void addPublicKey(CLI::App &command, std::string &public_key) {
  command.add_option("--public-key", public_key,
                     "Refuse bundles that are not signed for this Ed25519 key (PEM)");
}

std::string checkByteCount(const std::string &text) {
  if (parseByteCount(text))
    return {};
  return fmt::format("'{}' is not a number of bytes (512, 64K, 10G)", text);
}

void addReading(CLI::App &cache, int &exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App *ls = cache.add_subcommand("ls", "List the entries");
  addJson(*ls, *json);
  ls->callback([json, &exit_code] { exit_code = listCache(*json); });

  auto show_options = std::make_shared<ShowCacheOptions>();
  CLI::App *show = cache.add_subcommand("show", "Say everything that is known of an entry");
  show->add_option("entry", show_options->which, "Kernel name, or the start of a hash")->required();
  show->add_option("-o,--output", show_options->output, "Write its code object to this file");
  addJson(*show, show_options->json);
  show->callback([show_options, &exit_code] { exit_code = showCache(*show_options); });

  CLI::App *stat =
      cache.add_subcommand("stat", "Say where the store is, how full, and which remotes answer");
  addJson(*stat, *json);
  stat->callback([json, &exit_code] { exit_code = statCache(*json); });

  auto verify_options = std::make_shared<VerifyCacheOptions>();
  CLI::App *verify = cache.add_subcommand("verify", "Check every entry of the store or of bundles");
  verify->add_option("bundles", verify_options->bundles, "Bundles (default: the store)");
  addPublicKey(*verify, verify_options->public_key);
  addJson(*verify, verify_options->json);
  verify->callback([verify_options, &exit_code] { exit_code = verifyCache(*verify_options); });
}

void addUpkeep(CLI::App &cache, int &exit_code) {
  auto options = std::make_shared<CollectCacheOptions>();
  CLI::App *gc = cache.add_subcommand("gc", "Remove what was used longest ago, down to the limit");
  gc->add_option_function<std::string>(
        "--limit",
        [options](const std::string &text) { options->limit_bytes = parseByteCount(text); },
        "Another limit than GEMMSMITH_CACHE_SIZE; 0 = none")
      ->check(checkByteCount);
  addJson(*gc, options->json);
  gc->callback([options, &exit_code] { exit_code = collectCache(*options); });

  auto json = std::make_shared<bool>(false);
  CLI::App *clear = cache.add_subcommand("clear", "Remove everything");
  addJson(*clear, *json);
  clear->callback([json, &exit_code] { exit_code = clearCache(*json); });
}

void addTransfer(CLI::App &cache, int &exit_code) {
  auto export_options = std::make_shared<ExportCacheOptions>();
  CLI::App *to_bundle = cache.add_subcommand("export", "Write entries into a bundle");
  to_bundle->add_option("bundle", export_options->bundle, "File to write")->required();
  to_bundle->add_option("kernels", export_options->kernels, "Kernel names (default: all entries)");
  to_bundle->add_option("--compiler", export_options->compiler,
                        "Only entries of this compiler, as `cache show` prints it");
  to_bundle->add_option("--sign", export_options->private_key,
                        "Sign with this Ed25519 private key (PEM)");
  addJson(*to_bundle, export_options->json);
  to_bundle->callback([export_options, &exit_code] { exit_code = exportCache(*export_options); });

  auto import_options = std::make_shared<ImportCacheOptions>();
  CLI::App *from_bundle =
      cache.add_subcommand("import", "Put the entries of bundles into the store");
  from_bundle->add_option("bundles", import_options->bundles, "Bundles")->required();
  addPublicKey(*from_bundle, import_options->public_key);
  addJson(*from_bundle, import_options->json);
  from_bundle->callback([import_options, &exit_code] { exit_code = importCache(*import_options); });
}

} // namespace

void addCacheCommand(CLI::App &app, int &exit_code) {
  CLI::App *cache = app.add_subcommand("cache", "Look at and keep the store of code objects");
  cache->require_subcommand(1);
  addReading(*cache, exit_code);
  addUpkeep(*cache, exit_code);
  addTransfer(*cache, exit_code);
}

} // namespace gemmsmith
