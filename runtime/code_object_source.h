// Where code objects come from: a place that may have the one of a kernel.
//
// The runtime asks its sources in order (source_chain.h) and takes the first answer.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"
#include "runtime/gemmsmith.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith::runtime {

// As counted in gs_counters.
enum class Tier {
  kDirectory = GS_TIER_DIRECTORY,
  kBundle = GS_TIER_BUNDLE,
  kDisk = GS_TIER_DISK,
  kRemote = GS_TIER_REMOTE,
  kService = GS_TIER_SERVICE,
};

// "directory", "bundle", "disk", "remote", "service".
std::string_view toString(Tier tier);

struct FoundObject {
  std::vector<std::byte> bytes; // an ELF file, not yet checked
  Tier tier = Tier::kDirectory;
  std::string origin;                       // for messages: a path, an address
  std::chrono::nanoseconds compile_time{0}; // waited for a compiler
};

class CodeObjectSource {
public:
  virtual ~CodeObjectSource() = default;

  // For messages: "the directory /srv/objects".
  virtual std::string name() const = 0;
  virtual Tier tier() const = 0;

  // Whether find() would look at all, as things are now; if not, it is not called.
  virtual bool isAsked() { return true; }

  // The code object of `config` for a device of the target ID `device_target`
  // ("gfx950:sramecc+:xnack-"). Nothing if this place does not have it; an error if it should but
  // something is wrong: the next source is asked either way. May take as long as it needs. Called
  // from several threads at once, but by one at a time for one kernel.
  virtual Expected<std::optional<FoundObject>> find(const KernelConfig &config,
                                                    std::string_view device_target) = 0;
};

} // namespace gemmsmith::runtime
