#include "runtime/emulator/device.h"

#include "runtime/emulator/dispatch.h"
#include "runtime/emulator/fault.h"
#include "runtime/emulator/memory.h"
#include "runtime/emulator/module.h"
#include "runtime/emulator/occupancy.h"
#include "runtime/emulator/scheduler.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <thread>

namespace gemmsmith::emulator {
struct Device::State {
  DeviceOptions options;
  // Shared with the modules, which give their images back when the last user lets go of them.
  std::shared_ptr<DeviceMemory> shared_memory = std::make_shared<DeviceMemory>();
  DeviceMemory &memory = *shared_memory;
  Coherence coherence;

  // The allocation that holds the range, or why not.
  Expected<std::pair<std::shared_ptr<const MemoryView>, const Allocation *>>
  locate(DevicePointer pointer, std::uint64_t bytes) const {
    auto view = memory.view();
    const Allocation *a = view->find(pointer, bytes);
    if (!a)
      return makeError(ErrorKind::kUsage,
                       fmt::format("{} bytes at {:#x} are not inside one allocation: {}", bytes,
                                   pointer, view->describe(pointer)));
    return std::pair{std::move(view), a};
  }
};

Device::Device(DeviceOptions options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Device::~Device() = default;
Device::Device(Device &&) noexcept = default;
Device &Device::operator=(Device &&) noexcept = default;

Expected<DevicePointer> Device::allocate(std::uint64_t bytes, std::uint64_t alignment) {
  return state_->memory.allocate(bytes, alignment);
}

Expected<void> Device::share(std::span<std::byte> host) {
  return state_->memory.share(host);
}

Expected<void> Device::release(DevicePointer pointer) {
  return state_->memory.release(pointer);
}

Expected<void> Device::write(DevicePointer destination, std::span<const std::byte> bytes) {
  if (bytes.empty())
    return {};
  auto at = state_->locate(destination, bytes.size());
  if (!at)
    return tl::unexpected(at.error());
  std::memcpy(at->second->host(destination), bytes.data(), bytes.size());
  at->second->markRange(destination, bytes.size(), true);
  return {};
}

Expected<void> Device::read(DevicePointer source, std::span<std::byte> bytes) const {
  if (bytes.empty())
    return {};
  auto at = state_->locate(source, bytes.size());
  if (!at)
    return tl::unexpected(at.error());
  const Allocation &a = *at->second;
  std::memcpy(bytes.data(), a.host(source), bytes.size());
  if (a.unwritten(source, bytes.size()))
    for (std::size_t n = 0; n < bytes.size(); ++n)
      if (!a.written(source + n, 1))
        bytes[n] = std::byte{0xcd};
  return {};
}

Expected<void> Device::poison(DevicePointer pointer, std::uint64_t bytes) {
  if (bytes == 0)
    return {};
  auto at = state_->locate(pointer, bytes);
  if (!at)
    return tl::unexpected(at.error());
  at->second->markRange(pointer, bytes, false);
  return {};
}

Expected<std::uint64_t> Device::unwrittenBytes(DevicePointer pointer, std::uint64_t bytes) const {
  if (bytes == 0)
    return std::uint64_t{0};
  auto at = state_->locate(pointer, bytes);
  if (!at)
    return tl::unexpected(at.error());
  return at->second->unwritten(pointer, bytes);
}

Expected<std::shared_ptr<const Module>> Device::load(std::span<const std::byte> code_object) {
  std::shared_ptr<Module> module(new Module, [memory = state_->shared_memory](Module *m) {
    if (m->base)
      (void)memory->release(m->base);
    delete m;
  });
  module->file.assign(code_object.begin(), code_object.end());
  if (auto ok = loadModule(*module, state_->memory); !ok)
    return tl::unexpected(ok.error());
  if (state_->options.checks.has(Check::kHazards))
    module->hazards = hazardInfo(module->code);
  return std::shared_ptr<const Module>(std::move(module));
}

Expected<LaunchStatistics> Device::launch(const Module &module, std::string_view kernel,
                                          const LaunchParameters &parameters) {
  auto report = execute(module, kernel, parameters, nullptr);
  if (!report)
    return tl::unexpected(report.error());
  if (report->error)
    return tl::unexpected(*report->error);
  return report->statistics;
}

Expected<LaunchReport> Device::run(const Module &module, std::string_view kernel,
                                   const LaunchParameters &parameters) {
  Findings findings;
  return execute(module, kernel, parameters, &findings);
}

Expected<LaunchReport> Device::execute(const Module &module, std::string_view kernel_name,
                                       const LaunchParameters &parameters, Findings *findings) {
  auto begin = std::chrono::steady_clock::now();
  const Kernel *kernel = module.object.find(kernel_name);
  if (!kernel)
    return makeError(ErrorKind::kUsage,
                     fmt::format("the code object has no kernel '{}'", kernel_name));
  if (auto ok = checkLaunch(*kernel, parameters); !ok)
    return tl::unexpected(ok.error());
  std::uint64_t total = std::uint64_t{parameters.grid.x} * parameters.grid.y * parameters.grid.z;
  for (std::uint64_t id : parameters.workgroups)
    if (id >= total)
      return makeError(ErrorKind::kUsage, fmt::format("workgroup {} of a grid of {}", id, total));

  LaunchContext context;
  context.kernel = kernel;
  context.code = module.code;
  context.hazards = module.hazards;
  context.code_address = module.base + module.code_start;
  context.entry = (kernel->entry_address - module.code_start) / 4;
  // Firmware that preloads kernel arguments enters behind the 256 bytes that load them otherwise.
  if (kernel->descriptor.preloadDwords() > 0)
    context.entry += 64;
  if (context.entry >= module.code.size())
    return makeError(ErrorKind::kInput, "the kernel's entry lies outside the code");
  context.checks = state_->options.checks;
  context.findings = findings;
  context.instruction_limit = state_->options.instruction_limit;
  context.grid = parameters.grid;
  context.block = parameters.block;
  context.lds_bytes = kernel->descriptor.group_segment_bytes + parameters.dynamic_lds_bytes;

  auto dispatch = DispatchMemory::create(state_->memory, *kernel,
                                         module.base + kernel->descriptor_address, parameters);
  if (!dispatch)
    return tl::unexpected(dispatch.error());
  context.kernarg = dispatch->kernarg;
  context.kernarg_bytes = dispatch->kernarg_bytes;
  context.dispatch_packet = dispatch->packet;
  context.queue = dispatch->queue;
  context.scratch_bytes = scratchBytes(*kernel);
  context.memory = state_->memory.view();
  context.observer = parameters.observer;
  if (context.checks.has(Check::kStaleReads)) {
    context.coherence = &state_->coherence;
    if (state_->coherence.beginLaunch())
      context.memory->clearStamps();
  }

  Schedule schedule;
  schedule.workgroups = parameters.workgroups;
  schedule.count = parameters.workgroups.empty() ? total : parameters.workgroups.size();
  schedule.resident = residentWorkgroups(kernel->descriptor, context.block, context.lds_bytes);
  unsigned threads = state_->options.threads > 0
                         ? static_cast<unsigned>(state_->options.threads)
                         : std::max(1u, std::thread::hardware_concurrency());
  schedule.threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, schedule.count));
  if (context.observer)
    schedule.threads = 1;
  schedule.progress = parameters.progress;
  ScheduleResult result = runWorkgroups(context, schedule);

  LaunchReport report;
  report.statistics.workgroups = schedule.count;
  report.statistics.wave_instructions = result.wave_instructions;
  report.statistics.mfma_flops = result.mfma_flops;
  report.statistics.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (result.fault)
    report.error = Error{result.fault->kind, result.fault->message, {}};
  // How far the workgroups behind the fault got is up to the threads.
  if (findings)
    report.findings = findings->take(result.fault_at);
  return report;
}

} // namespace gemmsmith::emulator
