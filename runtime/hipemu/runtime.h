// The state behind HIP's C interface: one emulated device, the streams with their pending work, and
// the tables of handles.
//
// Promises: calls from any number of threads; a handle or pointer that the library did not give out
// is an error code, never a crash. Memory of all HIP devices is memory of one emulated device, so
// peer access always works.
// Does not: run anything by itself. Work of a stream is carried out when something waits for it
// (stream.h), which is what makes a program that forgets to wait read poison each time.
//
// A program linked against libamdhip64 runs on it unmodified with the build's folder `hipemu`,
// which holds the library under HIP's names, in LD_LIBRARY_PATH.
//
// Environment, read at the first call:
//   GEMMSMITH_EMULATOR_DEVICES  how many HIP devices there are, 1 to 64 (1)
//   GEMMSMITH_EMULATOR_THREADS  host threads per launch (one per core)
//   GEMMSMITH_EMULATOR_INSTRUCTIONS  how many a wave may execute before a launch fails (2^28)
//   GEMMSMITH_EMULATOR_CHECKS   "all", "none", only some ("waits,bounds") or all but some
//                               ("-hazards,-lds-races") of the checks (all)
#pragma once

#include "runtime/emulator/device.h"
#include "runtime/hipemu/abi.h"
#include "runtime/hipemu/allocations.h"
#include "runtime/hipemu/graph.h"
#include "runtime/hipemu/handles.h"
#include "runtime/hipemu/module.h"
#include "runtime/hipemu/stream.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gemmsmith::hipemu {

struct Context { // hipCtx_t
  int device = 0;
};

struct MemoryPool { // hipMemPool_t
  int device = 0;
  std::array<std::uint64_t, 9> attributes{0, 1, 1, 1}; // by hipMemPoolAttr; reuse is allowed
};

struct DeviceState {
  hipError_t fault = hipSuccess; // of a kernel; every later use of the device fails with it
  std::size_t used_bytes = 0;
  unsigned flags = 0;
  std::shared_ptr<Stream> null_stream;
  std::shared_ptr<Context> primary_context;
  hipCtx_t primary_handle = nullptr;
  int primary_users = 0;
  hipMemPool_t pool_handle = nullptr;
  std::set<int> peers; // devices that peer access was enabled to
};

struct CallConfiguration { // of `kernel<<<grid, block, lds, stream>>>`
  dim3 grid, block;
  std::size_t lds_bytes = 0;
  hipStream_t stream = nullptr;
};

struct ThreadState {
  hipError_t last_error = hipSuccess;
  int device = 0;
  std::vector<hipCtx_t> contexts;
  std::vector<CallConfiguration> configurations;
  std::map<int, std::shared_ptr<Stream>> streams; // hipStreamPerThread, by device
  hipStreamCaptureMode capture_mode = hipStreamCaptureModeGlobal;
  bool in_host_function = false;
};

ThreadState &thisThread();

class Runtime {
public:
  // Lives until the process ends: programs call HIP from static destructors.
  static Runtime &get();

  std::mutex mutex;
  std::condition_variable progress; // some stream went on
  emulator::Device device;
  std::vector<DeviceState> devices;
  Allocations allocations;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Context> contexts;
  Handles<MemoryPool> pools;
  Handles<LoadedModule> modules;
  Handles<Function> functions;
  Handles<Graph> graphs;
  Handles<GraphNode> nodes;
  Handles<GraphExecutable> executables;
  std::vector<std::shared_ptr<Capture>> captures; // not ended yet
  std::deque<Point> host_functions;               // that a thread in the background goes up to
  bool follower_runs = false;
  std::uint64_t last_sequence = 0;
  std::uint64_t last_capture = 0;
  std::string setup_error; // what is wrong with the environment

  // Writes a sentence to stderr, each one once until a device is reset.
  void say(const std::string &sentence);
  void forgetSaid() { said_.clear(); }
  // A kernel or a copy failed: says why, and the device fails from now on. Takes the lock.
  void fault(int device_index, const std::string &why);

  // 5 if the program was linked against libamdhip64.so.5, else 6: some enumerations differ.
  int generation() const;

  // With the lock held. Device memory gets its address here; shared memory must have one.
  hipError_t addBlock(MemoryBlock &block);
  hipError_t releaseMemory(void *pointer);

private:
  Runtime();
  std::set<std::string> said_;
};

// One call of the interface: the runtime, locked, and the calling thread.
struct Call {
  Runtime &runtime;
  std::unique_lock<std::mutex> lock;
  ThreadState &thread;

  DeviceState &device() { return runtime.devices[static_cast<std::size_t>(thread.device)]; }
  bool hasDevice(int index) const {
    return index >= 0 && static_cast<std::size_t>(index) < runtime.devices.size();
  }
};

// Runs the body of an entry point; what it returns becomes the thread's last error.
template <typename F> hipError_t call(F body) noexcept {
  ThreadState &thread = thisThread();
  hipError_t status = hipSuccess;
  try {
    Runtime &runtime = Runtime::get();
    Call c{runtime, std::unique_lock(runtime.mutex), thread};
    if (runtime.setup_error.empty()) {
      status = body(c);
    } else {
      runtime.say(runtime.setup_error);
      status = hipErrorNotInitialized;
    }
  } catch (const std::bad_alloc &) {
    status = hipErrorOutOfMemory;
  } catch (const std::exception &) {
    status = hipErrorUnknown;
  }
  if (status != hipSuccess)
    thread.last_error = status;
  return status;
}

} // namespace gemmsmith::hipemu
