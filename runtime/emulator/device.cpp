#include "runtime/emulator/device.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/fault.h"
#include "runtime/emulator/memory.h"
#include "runtime/emulator/module.h"
#include "runtime/emulator/workgroup.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <thread>

namespace gemmsmith::emulator {
namespace {

// LDS of a compute unit, what one workgroup may have (CDNA4 ISA 11.1).
constexpr std::uint64_t kLdsBytes = 160 * 1024;
constexpr std::uint64_t kMaxThreads = 1024;
constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;
constexpr std::size_t kMaxCodeDwords = std::size_t{4} << 20; // decoded, 2^22 take half a GiB

template <typename T>
void put(std::vector<std::byte> &bytes, std::size_t at, T value, std::size_t size = sizeof(T)) {
  size = std::min(size, sizeof(T));
  if (at <= bytes.size() && size <= bytes.size() - at)
    std::memcpy(bytes.data() + at, &value, size);
}

// The kernel-argument segment: the caller's bytes, then the hidden arguments that the metadata
// names.
std::vector<std::byte> kernargSegment(const KernelMetadata &kernel, const LaunchParameters &p) {
  std::vector<std::byte> bytes(std::max<std::size_t>(kernel.kernarg_bytes, p.arguments.size()));
  std::copy(p.arguments.begin(), p.arguments.end(), bytes.begin());
  std::uint16_t dimensions = p.grid.z * p.block.z > 1 ? 3 : p.grid.y * p.block.y > 1 ? 2 : 1;
  for (const ArgumentMetadata &a : kernel.arguments) {
    auto number = [&](std::uint64_t value) { put(bytes, a.offset, value, a.size); };
    using K = ArgumentValueKind;
    switch (a.value_kind) {
    case K::kHiddenBlockCountX:
      number(p.grid.x);
      break;
    case K::kHiddenBlockCountY:
      number(p.grid.y);
      break;
    case K::kHiddenBlockCountZ:
      number(p.grid.z);
      break;
    case K::kHiddenGroupSizeX:
      number(p.block.x);
      break;
    case K::kHiddenGroupSizeY:
      number(p.block.y);
      break;
    case K::kHiddenGroupSizeZ:
      number(p.block.z);
      break;
    case K::kHiddenGridDims:
      number(dimensions);
      break;
    case K::kHiddenDynamicLdsSize:
      number(p.dynamic_lds_bytes);
      break;
    case K::kHiddenPrivateBase:
      number(kPrivateAperture >> 32);
      break;
    case K::kHiddenSharedBase:
      number(kSharedAperture >> 32);
      break;
    default: // remainders and offsets are 0: the grid is whole workgroups
      break;
    }
  }
  return bytes;
}

// hsa_kernel_dispatch_packet_t, 64 bytes.
std::vector<std::byte> dispatchPacket(const Kernel &kernel, const LaunchParameters &p,
                                      std::uint32_t lds_bytes, DevicePointer kernarg) {
  std::vector<std::byte> bytes(64);
  put(bytes, 0, std::uint16_t{2}); // kernel dispatch
  put(bytes, 2, std::uint16_t{3}); // dimensions
  put(bytes, 4, static_cast<std::uint16_t>(p.block.x));
  put(bytes, 6, static_cast<std::uint16_t>(p.block.y));
  put(bytes, 8, static_cast<std::uint16_t>(p.block.z));
  put(bytes, 12, p.grid.x * p.block.x); // in work-items
  put(bytes, 16, p.grid.y * p.block.y);
  put(bytes, 20, p.grid.z * p.block.z);
  put(bytes, 24, kernel.descriptor.private_segment_bytes);
  put(bytes, 28, lds_bytes);
  put(bytes, 40, kernarg);
  return bytes;
}

Expected<void> checkLaunch(const Kernel &kernel, const LaunchParameters &p) {
  const std::string &name = kernel.metadata.name;
  auto usage = [&](std::string what) {
    return makeError(ErrorKind::kUsage, std::move(what), name);
  };
  for (std::uint32_t n : {p.grid.x, p.grid.y, p.grid.z, p.block.x, p.block.y, p.block.z})
    if (n == 0)
      return usage("a grid or block dimension is 0");
  std::uint64_t threads = std::uint64_t{p.block.x} * p.block.y;
  if (p.block.z > kMaxThreads || threads > kMaxThreads || threads * p.block.z > kMaxThreads)
    return usage(fmt::format("a block of {} x {} x {} threads is more than {}", p.block.x,
                             p.block.y, p.block.z, kMaxThreads));
  threads *= p.block.z;
  if (kernel.metadata.max_workgroup_size && threads > kernel.metadata.max_workgroup_size)
    return usage(fmt::format("a block of {} threads, but the kernel was compiled for at most {}",
                             threads, kernel.metadata.max_workgroup_size));
  if (kernel.metadata.required_block &&
      *kernel.metadata.required_block != std::array{p.block.x, p.block.y, p.block.z})
    return usage("the block is not the one that the kernel was compiled for");
  // A dispatch counts work-items per dimension in 32 bits.
  for (auto [g, b] : {std::pair{p.grid.x, p.block.x}, {p.grid.y, p.block.y}, {p.grid.z, p.block.z}})
    if (std::uint64_t{g} * b > UINT32_MAX)
      return usage("the grid has more than 2^32 - 1 threads in one dimension");
  if (kernel.metadata.wavefront_size && kernel.metadata.wavefront_size != kLanes)
    return usage("the wavefront size is not 64");
  std::uint32_t expected = kernel.metadata.explicitArgumentBytes();
  if (p.arguments.size() < expected)
    return usage(fmt::format("{} bytes of arguments, but the kernel takes {}", p.arguments.size(),
                             expected));
  if (p.arguments.size() > std::max(kernel.metadata.kernarg_bytes, expected))
    return usage(fmt::format("{} bytes of arguments, but the kernel's segment has {}",
                             p.arguments.size(), kernel.metadata.kernarg_bytes));
  std::uint64_t lds = std::uint64_t{kernel.descriptor.group_segment_bytes} + p.dynamic_lds_bytes;
  if (lds > kLdsBytes)
    return usage(fmt::format("{} bytes of LDS, but a workgroup can have {}", lds, kLdsBytes));
  if (kernel.descriptor.private_segment_bytes > (1u << 20))
    return usage("more than 1 MiB of scratch per work-item is not emulated");
  return {};
}

} // namespace

struct Device::State {
  DeviceOptions options;
  // Shared with the modules, which give their images back when the last user lets go of them.
  std::shared_ptr<DeviceMemory> shared_memory = std::make_shared<DeviceMemory>();
  DeviceMemory &memory = *shared_memory;

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
  auto object = parseCodeObject(module->file);
  if (!object)
    return tl::unexpected(object.error());
  if (object->target != "gfx950")
    return makeError(
        ErrorKind::kInput,
        fmt::format("the code object is for {}, the emulated device is a gfx950", object->target));
  module->object = std::move(*object);
  const CodeObject &o = module->object;

  std::uint64_t bytes = 0;
  for (const Segment &segment : o.segments)
    bytes = std::max(bytes, segment.address + segment.memory_bytes);
  if (bytes > kMaxImageBytes)
    return makeError(ErrorKind::kInput, fmt::format("an image of {} bytes is too large", bytes));
  auto base = state_->memory.allocate(bytes, 4096);
  if (!base)
    return tl::unexpected(base.error());
  module->base = *base;
  auto view = state_->memory.view();
  const Allocation *image = view->find(*base, bytes);
  for (const Segment &segment : o.segments) {
    if (!segment.contents.empty())
      std::memcpy(image->host(*base + segment.address), segment.contents.data(),
                  segment.contents.size());
    image->markRange(*base + segment.address, segment.memory_bytes, true);
  }
  // R_AMDGPU_ABS64 and R_AMDGPU_RELATIVE64 are what a linked code object still contains.
  for (const Relocation &r : o.relocations) {
    constexpr std::uint32_t kAbs64 = 3, kRelative64 = 13;
    if ((r.type != kAbs64 && r.type != kRelative64) || r.address > bytes || bytes - r.address < 8)
      return makeError(
          ErrorKind::kInput,
          fmt::format("relocation type {} at {:#x} is not supported", r.type, r.address));
    if (r.type == kAbs64 && r.symbol_address == 0)
      return makeError(ErrorKind::kInput, fmt::format("symbol '{}' is undefined", r.symbol));
    std::uint64_t value =
        *base + static_cast<std::uint64_t>(r.addend) + (r.type == kAbs64 ? r.symbol_address : 0);
    std::memcpy(image->host(*base + r.address), &value, sizeof value);
  }

  for (const Segment &segment : o.segments) {
    if (!segment.executable)
      continue;
    if (!module->code.empty())
      return makeError(ErrorKind::kInput, "several executable segments are not supported");
    std::size_t dwords = segment.contents.size() / 4;
    if (dwords > kMaxCodeDwords)
      return makeError(ErrorKind::kInput, fmt::format("{} bytes of code are too many", dwords * 4));
    std::vector<std::uint32_t> words(dwords);
    std::memcpy(words.data(), segment.contents.data(), dwords * 4);
    module->code_start = segment.address;
    module->code = decodeAll(words);
    if (state_->options.checks.has(Check::kHazards))
      module->hazards = hazardInfo(module->code);
  }
  return std::shared_ptr<const Module>(std::move(module));
}

Expected<LaunchStatistics> Device::launch(const Module &module, std::string_view kernel,
                                          const LaunchParameters &parameters) {
  return execute(module, kernel, parameters, nullptr);
}

Expected<LaunchReport> Device::run(const Module &module, std::string_view kernel,
                                   const LaunchParameters &parameters) {
  Findings findings;
  auto statistics = execute(module, kernel, parameters, &findings);
  if (!statistics)
    return tl::unexpected(statistics.error());
  return LaunchReport{*statistics, findings.take()};
}

Expected<LaunchStatistics> Device::execute(const Module &module, std::string_view kernel_name,
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

  std::vector<std::byte> arguments = kernargSegment(kernel->metadata, parameters);
  context.kernarg_bytes = arguments;
  // Scalar loads of whole 64-byte lines must not leave the allocation.
  std::vector<std::byte> padded = arguments;
  padded.resize((arguments.size() + 127) / 64 * 64);
  auto kernarg = allocate(padded.size(), 64);
  if (!kernarg)
    return tl::unexpected(kernarg.error());
  context.kernarg = *kernarg;
  auto packet_at = allocate(64, 64);
  if (!packet_at) {
    (void)release(*kernarg);
    return tl::unexpected(packet_at.error());
  }
  context.dispatch_packet = *packet_at;
  (void)write(*kernarg, padded);
  (void)write(*packet_at, dispatchPacket(*kernel, parameters, context.lds_bytes, *kernarg));
  context.memory = state_->memory.view();

  std::uint64_t count = parameters.workgroups.empty() ? total : parameters.workgroups.size();
  LaunchStatistics statistics;
  statistics.workgroups = count;
  std::atomic<std::uint64_t> next{0}, stop{count};
  std::mutex mutex;
  std::optional<Fault> first_fault;
  std::uint64_t fault_at = count;

  // The fault reported is the first one in order of workgroups, whatever the threads do: workgroups
  // before it still run to their ends.
  auto work = [&] {
    std::uint64_t current = 0;
    auto record = [&](Fault fault) {
      std::lock_guard lock(mutex);
      if (current < fault_at) {
        fault_at = current;
        first_fault = std::move(fault);
        stop.store(fault_at);
      }
    };
    try {
      Workgroup group(context);
      while ((current = next.fetch_add(1)) < stop.load()) {
        try {
          group.run(parameters.workgroups.empty() ? current : parameters.workgroups[current],
                    current);
        } catch (Fault &fault) {
          record(std::move(fault));
        }
      }
      std::lock_guard lock(mutex);
      statistics.wave_instructions += group.executed();
      statistics.mfma_flops += group.mfmaFlops();
    } catch (const std::bad_alloc &) {
      record(Fault{ErrorKind::kFailed, "the host has no memory left for the waves"});
    }
  };
  unsigned threads = state_->options.threads > 0
                         ? static_cast<unsigned>(state_->options.threads)
                         : std::max(1u, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, count));
  std::vector<std::thread> helpers;
  for (unsigned t = 1; t < threads; ++t)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
  (void)release(*kernarg);
  (void)release(*packet_at);
  if (first_fault)
    return makeError(first_fault->kind, first_fault->message);
  statistics.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return statistics;
}

} // namespace gemmsmith::emulator
