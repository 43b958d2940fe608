// The kernels that are loaded, per device: from configuration to hipFunction_t.
//
// Promises: a kernel's code object is obtained once and loaded once per device, however many
// threads ask at the same time; different kernels do not wait for each other. What is given to HIP
// has been checked: it is for this device, and holds the kernel with the arguments that are going
// to be passed. Functions stay good until unload().
// Does not: remember failures; who asks again, tries again.
#pragma once

#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/hip/library.h"
#include "runtime/log.h"
#include "runtime/source_chain.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace gemmsmith::runtime {

class KernelModules {
public:
  // All of them must outlive this.
  KernelModules(const HipLibrary &hip, SourceChain &sources, Counters &counters, const Log &log)
      : hip_(hip), sources_(sources), counters_(counters), log_(log) {}

  // The kernel if it is loaded on the device, else null. Never waits for a load. Thread-safe.
  hipFunction_t find(int device, const KernelConfig &config) const;

  // The same, obtained and loaded if it is not yet. `device` is the current device and
  // `device_target` its target ID. Thread-safe.
  Outcome<hipFunction_t> load(int device, const std::string &device_target,
                              const KernelConfig &config);

  // Obtains the kernel's code object, so that load() need not. Calls no HIP. Thread-safe.
  Outcome<void> fetch(const std::string &device_target, const KernelConfig &config);

  // Unloads everything; the functions are no longer good.
  void unload();

private:
  struct Loaded {
    hipModule_t module;
    hipFunction_t function;
  };
  struct KernelEntry {
    std::mutex loading;            // of `object`, and held while HIP loads
    FoundObject object;            // kept: HIP does not say that it copies the bytes
    std::map<int, Loaded> devices; // with mutex_
  };

  KernelEntry &entryOf(const std::string &kernel);
  Outcome<void> obtain(KernelEntry &entry, const std::string &device_target,
                       const KernelConfig &config);

  const HipLibrary &hip_;
  SourceChain &sources_;
  Counters &counters_;
  const Log &log_;
  mutable std::mutex mutex_; // never held while waiting
  std::map<std::string, std::unique_ptr<KernelEntry>> kernels_;
};

} // namespace gemmsmith::runtime
