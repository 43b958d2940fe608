#include "runtime/emulator/dispatch.h"

#include "runtime/emulator/occupancy.h"

#include "runtime/emulator/wave.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith::emulator {
namespace {

constexpr std::uint64_t kMaxThreads = 1024;
// Scratch per work-item: WAVESIZE of COMPUTE_TMPRING_SIZE counts a wave's KiB in 13 bits (LLVM's
// getMaxWaveScratchSize).
constexpr std::uint32_t kMaxScratchBytes = ((1 << 13) - 1) * 1024 / kLanes;
constexpr std::uint32_t kMaxKernargBytes = 1 << 20; // hundreds of times what compilers let pass

constexpr auto kSharedHigh = static_cast<std::uint32_t>(kSharedAperture >> 32);
constexpr auto kPrivateHigh = static_cast<std::uint32_t>(kPrivateAperture >> 32);

template <typename T>
void put(std::vector<std::byte> &bytes, std::size_t at, T value, std::size_t size = sizeof(T)) {
  size = std::min(size, sizeof(T));
  if (at <= bytes.size() && size <= bytes.size() - at)
    std::memcpy(bytes.data() + at, &value, size);
}

std::uint16_t dimensions(const LaunchParameters &p) {
  return p.grid.z * p.block.z > 1 ? 3 : p.grid.y * p.block.y > 1 ? 2 : 1;
}

// The value of a hidden argument. Remainders and global offsets are 0: a grid is whole workgroups
// and starts at the first.
std::uint64_t hiddenArgument(ArgumentValueKind kind, const LaunchParameters &p,
                             DevicePointer queue) {
  using K = ArgumentValueKind;
  switch (kind) {
  case K::kHiddenBlockCountX:
    return p.grid.x;
  case K::kHiddenBlockCountY:
    return p.grid.y;
  case K::kHiddenBlockCountZ:
    return p.grid.z;
  case K::kHiddenGroupSizeX:
    return p.block.x;
  case K::kHiddenGroupSizeY:
    return p.block.y;
  case K::kHiddenGroupSizeZ:
    return p.block.z;
  case K::kHiddenGridDims:
    return dimensions(p);
  case K::kHiddenDynamicLdsSize:
    return p.dynamic_lds_bytes;
  case K::kHiddenPrivateBase:
    return kPrivateHigh;
  case K::kHiddenSharedBase:
    return kSharedHigh;
  case K::kHiddenQueuePtr:
    return queue;
  default:
    return 0;
  }
}

// The kernel-argument segment, and the dwords in it that neither the caller nor a hidden argument
// fills: these stay unwritten. Compilers load an argument of two bytes as a dword.
struct KernargSegment {
  std::vector<std::byte> bytes;
  std::vector<bool> filled;
};

KernargSegment kernargSegment(const KernelMetadata &kernel, const LaunchParameters &p,
                              DevicePointer queue) {
  std::size_t size = std::max<std::size_t>(kernel.kernarg_bytes, p.arguments.size());
  KernargSegment segment{std::vector<std::byte>(size), std::vector<bool>((size + 3) / 4)};
  auto fill = [&](std::size_t offset, std::size_t count) {
    for (std::size_t n = offset / 4; n < segment.filled.size() && n * 4 < offset + count; ++n)
      segment.filled[n] = true;
  };
  std::copy(p.arguments.begin(), p.arguments.end(), segment.bytes.begin());
  fill(0, p.arguments.size());
  for (const ArgumentMetadata &a : kernel.arguments)
    if (a.hidden()) {
      put(segment.bytes, a.offset, hiddenArgument(a.value_kind, p, queue), a.size);
      fill(a.offset, a.size);
    }
  return segment;
}

// hsa_kernel_dispatch_packet_t, 64 bytes (HSA Platform System Architecture 2.8.4).
std::vector<std::byte> dispatchPacket(const Kernel &kernel, DevicePointer kernel_object,
                                      const LaunchParameters &p, DevicePointer kernarg) {
  constexpr std::uint16_t kKernelDispatch = 2, kSystemScope = 2;
  std::vector<std::byte> bytes(64);
  put(bytes, 0,
      static_cast<std::uint16_t>(kKernelDispatch | kSystemScope << 9 | kSystemScope << 11));
  put(bytes, 2, dimensions(p));
  put(bytes, 4, static_cast<std::uint16_t>(p.block.x));
  put(bytes, 6, static_cast<std::uint16_t>(p.block.y));
  put(bytes, 8, static_cast<std::uint16_t>(p.block.z));
  put(bytes, 12, p.grid.x * p.block.x); // in work-items
  put(bytes, 16, p.grid.y * p.block.y);
  put(bytes, 20, p.grid.z * p.block.z);
  put(bytes, 24, scratchBytes(kernel));
  put(bytes, 28, kernel.descriptor.group_segment_bytes + p.dynamic_lds_bytes);
  put(bytes, 32, kernel_object);
  put(bytes, 40, kernarg);
  return bytes;
}

// amd_queue_t, 256 bytes: an hsa_queue_t of 40, then what kernels may look at (LLVM's guide,
// "Queue Ptr": code that has no aperture registers takes the apertures from here).
std::vector<std::byte> queueBytes(DevicePointer packet) {
  std::vector<std::byte> bytes(256);
  put(bytes, 4, std::uint32_t{1}); // features: kernel dispatch
  put(bytes, 8, packet);           // ring of one packet
  put(bytes, 24, std::uint32_t{1});
  put(bytes, 56, std::uint64_t{1}); // write index
  put(bytes, 0x40, kSharedHigh);    // group_segment_aperture_base_hi
  put(bytes, 0x44, kPrivateHigh);   // private_segment_aperture_base_hi
  return bytes;
}

} // namespace

std::uint32_t scratchBytes(const Kernel &kernel) {
  const KernelDescriptor &d = kernel.descriptor;
  bool dynamic = d.usesDynamicStack() || kernel.metadata.uses_dynamic_stack;
  // The packet's size is rounded up to dwords (LLVM's guide, "Private Segment Size").
  std::uint32_t own = (d.private_segment_bytes + 3) / 4 * 4;
  return dynamic ? std::max(own, kDynamicStackBytes) : own;
}

Expected<void> checkLaunch(const Kernel &kernel, const LaunchParameters &p) {
  const std::string &name = kernel.metadata.name;
  const KernelDescriptor &d = kernel.descriptor;
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
  // The emulated device numbers workgroups in 64 bits.
  std::uint64_t workgroups = std::uint64_t{p.grid.x} * p.grid.y;
  if (workgroups > UINT64_MAX / p.grid.z)
    return usage("the grid has more than 2^64 - 1 workgroups");
  if (d.wavefront32() ||
      (kernel.metadata.wavefront_size && kernel.metadata.wavefront_size != kLanes))
    return usage("the wavefront size is not 64");
  // "Architected flat scratch … must be 0" (LLVM's guide, "Kernel Descriptor").
  if (d.privateSegmentBuffer() || d.flatScratchInit())
    return usage("the kernel descriptor asks for a private segment buffer or the initial flat "
                 "scratch in SGPRs, which a gfx950 does not supply");
  std::uint32_t expected = kernel.metadata.explicitArgumentBytes();
  if (p.arguments.size() < expected)
    return usage(fmt::format("{} bytes of arguments, but the kernel takes {}", p.arguments.size(),
                             expected));
  if (p.arguments.size() > std::max(kernel.metadata.kernarg_bytes, expected))
    return usage(fmt::format("{} bytes of arguments, but the kernel's segment has {}",
                             p.arguments.size(), kernel.metadata.kernarg_bytes));
  std::uint64_t lds = std::uint64_t{d.group_segment_bytes} + p.dynamic_lds_bytes;
  if (lds > static_cast<std::uint64_t>(kLdsPerComputeUnit))
    return usage(
        fmt::format("{} bytes of LDS, but a workgroup can have {}", lds, kLdsPerComputeUnit));
  if (workgroupsPerComputeUnit(d, static_cast<int>(threads), static_cast<std::int64_t>(lds)) == 0)
    return usage(
        fmt::format("a block of {} threads with {} VGPRs each, but a compute unit holds {} "
                    "of their waves: make the block smaller or compile for fewer VGPRs",
                    threads, d.vgprs(), wavesPerSimd(d.vgprs()) * kSimdsPerComputeUnit));
  if (d.private_segment_bytes > kMaxScratchBytes)
    return usage(fmt::format("{} bytes of scratch per work-item, but there are at most {}",
                             d.private_segment_bytes, kMaxScratchBytes));
  if (std::max<std::size_t>(kernel.metadata.kernarg_bytes, p.arguments.size()) > kMaxKernargBytes)
    return usage(fmt::format("more than {} bytes of kernel arguments", kMaxKernargBytes));
  return {};
}

Expected<DevicePointer> DispatchMemory::place(const std::vector<std::byte> &bytes,
                                              std::uint64_t padding) {
  auto at = memory_->allocate(bytes.size() + padding, 64);
  if (!at)
    return at;
  auto view = memory_->view();
  const Allocation *allocation = view->find(*at, bytes.size());
  if (!bytes.empty())
    std::memcpy(allocation->host(*at), bytes.data(), bytes.size());
  allocation->markRange(*at, bytes.size(), true);
  return at;
}

Expected<DispatchMemory> DispatchMemory::create(DeviceMemory &memory, const Kernel &kernel,
                                                DevicePointer kernel_object,
                                                const LaunchParameters &parameters) {
  DispatchMemory d(memory);
  // The three point at each other: packet -> arguments -> queue -> packet.
  auto packet = d.place(std::vector<std::byte>(64), 0);
  if (!packet)
    return tl::unexpected(packet.error());
  d.packet = *packet;
  auto queue = d.place(queueBytes(d.packet), 0);
  if (!queue)
    return tl::unexpected(queue.error());
  d.queue = *queue;
  KernargSegment segment = kernargSegment(kernel.metadata, parameters, d.queue);
  d.kernarg_bytes = std::move(segment.bytes);
  // Scalar loads of whole 64-byte lines must not leave the allocation.
  auto kernarg = d.place(d.kernarg_bytes, 64 + (64 - d.kernarg_bytes.size() % 64) % 64);
  if (!kernarg)
    return tl::unexpected(kernarg.error());
  d.kernarg = *kernarg;
  auto view = memory.view();
  for (std::size_t n = 0; n < segment.filled.size(); ++n)
    if (!segment.filled[n])
      view->find(d.kernarg, 1)->markRange(d.kernarg + n * 4, 4, false);
  std::vector<std::byte> bytes = dispatchPacket(kernel, kernel_object, parameters, d.kernarg);
  std::memcpy(view->find(d.packet, 64)->host(d.packet), bytes.data(), bytes.size());
  return d;
}

DispatchMemory::DispatchMemory(DispatchMemory &&other) noexcept
    : kernarg(std::exchange(other.kernarg, 0)), packet(std::exchange(other.packet, 0)),
      queue(std::exchange(other.queue, 0)), kernarg_bytes(std::move(other.kernarg_bytes)),
      memory_(other.memory_) {}

DispatchMemory::~DispatchMemory() {
  for (DevicePointer p : {kernarg, packet, queue})
    if (p)
      (void)memory_->release(p);
}

} // namespace gemmsmith::emulator
