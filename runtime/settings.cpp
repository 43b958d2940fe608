#include "runtime/settings.h"

#include "runtime/sized.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

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
  }
  return fail(GS_ERROR_INVALID, "gs_options.device is not a gs_device_kind");
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
  settings.log = options->log;
  settings.log_user = options->log_user;
  return settings;
}

} // namespace gemmsmith::runtime
