#include "runtime/settings.h"

#include "configs/hash128.h"
#include "configs/this_file.h"
#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "runtime/sized.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace gemmsmith::runtime {

namespace {

std::string fromEnvironment(const char *option, const char *variable) {
  if (option)
    return option;
  const char *value = std::getenv(variable);
  return value ? value : "";
}

Outcome<HipKind> hipKind(std::int32_t kind) {
  switch (kind) {
  case GS_DEVICE_HIP:
    return HipKind::kHip;
  case GS_DEVICE_EMULATOR:
    return HipKind::kEmulator;
  case GS_DEVICE_DEFAULT: {
    const std::string value = fromEnvironment(nullptr, "GEMMSMITH_DEVICE");
    if (value.empty() || value == "hip")
      return HipKind::kHip;
    if (value == "emulator")
      return HipKind::kEmulator;
    return fail(GS_ERROR_INVALID, "'" + value + "' is neither \"hip\" nor \"emulator\"",
                "GEMMSMITH_DEVICE");
  }
  default:
    return fail(GS_ERROR_INVALID, "gs_options.device is not a gs_device_kind");
  }
}

bool isFile(const std::string &path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

// The `gemmsmith` of the installation that this library is part of; empty if there is none.
std::string installedProgram() {
  const std::string folder = folderOfThisFile();
  for (const char *place : {"../bin/gemmsmith", "../../bin/gemmsmith"}) // lib, lib/x86_64-…
    if (isFile(folder + place))
      return folder + place;
  return {};
}

Outcome<void> readService(const gs_options &options, Settings &settings) {
  settings.compiler = fromEnvironment(options.compiler, "GEMMSMITH_COMPILER");
  if (!settings.compiler.empty() && !Hash128::parse(settings.compiler))
    return fail(GS_ERROR_INVALID,
                "'" + settings.compiler +
                    "' is not 32 hexadecimal digits, as `gemmsmith doctor` "
                    "and `gemmsmith cache show` print them",
                "GEMMSMITH_COMPILER");
  settings.service_program = fromEnvironment(options.service_program, "GEMMSMITH_PROGRAM");
  if (settings.service_program.empty())
    settings.service_program = installedProgram();
  else if (!isFile(settings.service_program))
    return fail(GS_ERROR_INVALID, "there is no such program: " + settings.service_program,
                "GEMMSMITH_PROGRAM");
  std::error_code error;
  if (auto program = std::filesystem::absolute(settings.service_program, error);
      !error && !settings.service_program.empty())
    settings.service_program = std::move(program);
  settings.service_socket = options.service_socket ? options.service_socket : "";
  if (settings.service_socket.empty())
    settings.service_socket = defaultServiceSocket();
  const std::string use = fromEnvironment(options.service, "GEMMSMITH_SERVICE");
  settings.service = use != "off";
  if (use == "connect" || use == "off")
    settings.may_start_service = false;
  else if (!use.empty() && use != "auto")
    return fail(GS_ERROR_INVALID, "'" + use + "' is neither \"auto\", \"connect\" nor \"off\"",
                "GEMMSMITH_SERVICE");
  if (const auto place = servicePlace(settings.service_socket); settings.service && !place)
    return fail(GS_ERROR_INVALID, place.error());
  return {};
}

} // namespace

Outcome<Settings> readSettings(const gs_options *given) {
  const Outcome<gs_options> options = readSized(given, "gs_options");
  if (!options)
    return tl::unexpected(options.error());
  const Outcome<HipKind> kind = hipKind(options->device);
  if (!kind)
    return tl::unexpected(kind.error());
  Settings settings;
  settings.hip.kind = *kind;
  if (*kind == HipKind::kHip)
    settings.hip.path = fromEnvironment(options->hip_library, "GEMMSMITH_HIP_LIBRARY");
  settings.objects = fromEnvironment(options->objects, "GEMMSMITH_OBJECTS");
  settings.tables = fromEnvironment(options->tables, "GEMMSMITH_TABLES");
  const Expected<StoreOptions> store = readStoreOptions({.mode = options->cache,
                                                         .directory = options->cache_directory,
                                                         .limit = options->cache_size,
                                                         .bundles = options->bundles,
                                                         .remotes = options->remote});
  if (!store)
    return fail(GS_ERROR_INVALID, store.error());
  settings.store = *store;
  if (auto read = readService(*options, settings); !read)
    return tl::unexpected(read.error());
  settings.log = options->log;
  settings.log_user = options->log_user;
  return settings;
}

} // namespace gemmsmith::runtime
