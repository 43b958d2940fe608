// The compile service as those see it who need a kernel.
//
// Promises: compile() gives the service's code object of a kernel, or says why there is none,
// within the limits of ServiceOptions whatever the service does. A service that is not running is
// started, where a program is named for it; of several processes that start one at the same time,
// all end up with the same. A service that goes away while it works is asked again, a new one if
// need be. What it answers is checked like any entry (cache/entry.h), and that it is of the kernel
// asked for. Does not: look into the store, or trust a socket that another user could have made.
// Thread-safe; calls from several threads are served at the same time, each over a connection of
// its own, which is kept for the next call. Not for use in a forked child of the process that used
// it.
#pragma once

#include "cache/entry.h"
#include "configs/error.h"
#include "configs/kernel_config.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gemmsmith {

struct ServiceOptions {
  std::string socket;  // path of the Unix socket
  std::string program; // the `gemmsmith` that is started with `serve`; empty: none is started
  std::chrono::milliseconds start_limit{20'000};    // from starting it to its first answer
  std::chrono::milliseconds request_limit{600'000}; // the service has limits of its own
  int workers = 0; // of a service that is started; 0 = as many as it takes by itself
  // Once this is readable every call that waits ends with an error; -1 = none. What the service was
  // asked goes on there.
  int interrupt_fd = -1;
};

// Where the service had the code object from.
enum class ServiceOrigin : std::uint8_t { kCompiled, kBundle, kDisk, kRemote };

std::string_view toString(ServiceOrigin origin);

struct ServiceAnswer {
  Entry entry; // of the kernel asked for; its key names the service's compiler
  ServiceOrigin origin = ServiceOrigin::kCompiled;
  std::chrono::nanoseconds compile_time{0}; // in the compiler; 0 unless it was compiled
};

class ServiceClient {
public:
  explicit ServiceClient(ServiceOptions options);
  ~ServiceClient();
  ServiceClient(const ServiceClient &) = delete;
  ServiceClient &operator=(const ServiceClient &) = delete;

  // kFailed when the kernel cannot be compiled or the service cannot be reached, with what to do.
  Expected<ServiceAnswer> compile(const KernelConfig &config, std::string_view target_id,
                                  bool allow_spills);

  // What the service says of itself, a JSON object. Starts none.
  Expected<std::string> status();
  // The same of one that is started if none runs.
  Expected<std::string> start();

  const ServiceOptions &options() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// $GEMMSMITH_SOCKET; else $XDG_RUNTIME_DIR/gemmsmith/service.sock; else
// /tmp/gemmsmith-UID/service.sock.
std::string defaultServiceSocket();

} // namespace gemmsmith
