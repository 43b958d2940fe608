#include "runtime/hipemu/runtime.h"

#include "runtime/hipemu/device_properties.h"

#include <atomic>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

namespace gemmsmith::hipemu {
namespace {

constexpr int kMaxDevices = 64;
constexpr int kMaxThreads = 1024;

struct Settings {
  emulator::DeviceOptions options;
  int devices = 1;
  std::string error;
};

std::optional<std::string_view> environment(const char *name) {
  const char *text = std::getenv(name);
  return text && *text ? std::optional<std::string_view>(text) : std::nullopt;
}

int wholeNumber(Settings &settings, const char *name, int otherwise, int most) {
  auto text = environment(name);
  if (!text)
    return otherwise;
  int value = 0;
  auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure == std::errc() && end == text->data() + text->size() && value >= 1 && value <= most)
    return value;
  settings.error = fmt::format("{}={}: not a whole number from 1 to {}", name, *text, most);
  return otherwise;
}

void readChecks(Settings &settings) {
  constexpr const char *kName = "GEMMSMITH_EMULATOR_CHECKS";
  auto text = environment(kName);
  if (!text)
    return;
  if (auto checks = emulator::parseChecks(*text))
    settings.options.checks = *checks;
  else
    settings.error = fmt::format("{}={}: {}", kName, *text, checks.error().message);
}

Settings readSettings() {
  Settings settings;
  settings.devices = wholeNumber(settings, "GEMMSMITH_EMULATOR_DEVICES", 1, kMaxDevices);
  settings.options.threads = wholeNumber(settings, "GEMMSMITH_EMULATOR_THREADS", 0, kMaxThreads);
  settings.options.instruction_limit = static_cast<std::uint64_t>(
      wholeNumber(settings, "GEMMSMITH_EMULATOR_INSTRUCTIONS",
                  static_cast<int>(emulator::kInstructionLimit), INT_MAX));
  readChecks(settings);
  return settings;
}

const Settings &settings() {
  static const Settings *const read = new Settings(readSettings());
  return *read;
}

} // namespace

void *nextHandle() {
  // Not canonical as addresses, so whoever follows one faults at once.
  static std::atomic<std::uintptr_t> next{std::uintptr_t{1} << 56};
  return reinterpret_cast<void *>(next.fetch_add(16));
}

namespace {

// A plain pointer, because the main thread's own objects are gone when static destructors of the
// program make their last calls; those get a state that nobody takes away again.
thread_local ThreadState *current_thread = nullptr;

struct ThreadEnd {
  ~ThreadEnd() { delete std::exchange(current_thread, nullptr); }
};

} // namespace

ThreadState &thisThread() {
  if (!current_thread) {
    current_thread = new ThreadState;
    thread_local ThreadEnd end;
  }
  return *current_thread;
}

Runtime &Runtime::get() {
  static Runtime *const runtime = new Runtime;
  return *runtime;
}

Runtime::Runtime() : device(settings().options), setup_error(settings().error) {
  devices.resize(static_cast<std::size_t>(settings().devices));
  for (std::size_t n = 0; n < devices.size(); ++n) {
    devices[n].null_stream = std::make_shared<Stream>();
    devices[n].null_stream->device = static_cast<int>(n);
    devices[n].null_stream->is_null = true;
    devices[n].primary_context = std::make_shared<Context>(Context{static_cast<int>(n)});
    devices[n].pool_handle = static_cast<hipMemPool_t>(
        pools.add(std::make_shared<MemoryPool>(MemoryPool{static_cast<int>(n)})));
    devices[n].primary_handle = static_cast<hipCtx_t>(contexts.add(devices[n].primary_context));
  }
}

void Runtime::say(const std::string &sentence) {
  if (said_.insert(sentence).second)
    std::fputs(("gemmsmith_hipemu: " + sentence + "\n").c_str(), stderr);
}

void Runtime::fault(int device_index, const std::string &why) {
  std::lock_guard lock(mutex);
  say(why);
  devices[static_cast<std::size_t>(device_index)].fault = hipErrorLaunchFailure;
}

int Runtime::generation() const {
  static const int value = [] {
    Dl_info info{};
    if (!dladdr(reinterpret_cast<const void *>(&nextHandle), &info) || !info.dli_fname)
      return 6;
    std::string_view name = info.dli_fname;
    name.remove_prefix(name.rfind('/') + 1);
    return name.starts_with("libamdhip64.so.5") ? 5 : 6;
  }();
  return value;
}

hipError_t Runtime::addBlock(MemoryBlock &block) {
  std::size_t &used = devices[static_cast<std::size_t>(block.device)].used_bytes;
  if (!block.shared()) {
    if (block.bytes > mi355x::kMemoryBytes - used)
      return hipErrorOutOfMemory;
    if (block.kind == MemoryKind::kDevice) {
      auto pointer = device.allocate(block.bytes);
      if (!pointer)
        return hipErrorOutOfMemory;
      block.start = *pointer;
    }
    used += block.bytes;
  } else if (auto ok = device.share({reinterpret_cast<std::byte *>(block.start), block.bytes});
             !ok) {
    return hipErrorInvalidValue;
  }
  allocations.add(block);
  return hipSuccess;
}

hipError_t Runtime::releaseMemory(void *pointer) {
  const MemoryBlock *found = allocations.startingAt(pointer);
  if (!found)
    return hipErrorInvalidValue;
  MemoryBlock block = *found;
  if (!block.shared())
    devices[static_cast<std::size_t>(block.device)].used_bytes -= block.bytes;
  allocations.remove(block.start);
  if (block.kind != MemoryKind::kModule) // whose memory goes with the module
    (void)device.release(block.start);
  if (block.kind == MemoryKind::kPinned || block.kind == MemoryKind::kManaged)
    std::free(pointer);
  return hipSuccess;
}

} // namespace gemmsmith::hipemu
