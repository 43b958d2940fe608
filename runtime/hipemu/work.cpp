#include "runtime/hipemu/work.h"

#include "runtime/hipemu/runtime.h"

#include <cstring>

namespace gemmsmith::hipemu {
namespace {

template <typename F> void forEachRow(const Extent &extent, F f) {
  for (std::size_t z = 0; z < extent.depth; ++z)
    for (std::size_t y = 0; y < extent.height; ++y)
      f(y, z);
}

std::byte *hostPointer(std::uintptr_t address) {
  return reinterpret_cast<std::byte *>(address);
}

// A copy between device addresses carries unwritten bytes along as such, so that a kernel that
// reads them is still found out.
void keepUnwritten(emulator::Device &device, std::uintptr_t to, std::uintptr_t from,
                   std::size_t bytes) {
  auto unwritten = device.unwrittenBytes(from, bytes);
  if (!unwritten || *unwritten == 0)
    return;
  if (*unwritten == bytes) {
    (void)device.poison(to, bytes);
    return;
  }
  std::size_t half = bytes / 2;
  keepUnwritten(device, to, from, half);
  keepUnwritten(device, to + half, from + half, bytes - half);
}

class Executor {
public:
  Executor(Runtime &runtime, int device, std::uint64_t sequence)
      : runtime_(runtime), device_(device), sequence_(sequence) {}

  void operator()(const NoWork &) const {}
  void operator()(const HostWork &work) const {
    ThreadState &thread = thisThread();
    thread.in_host_function = true;
    work.function();
    thread.in_host_function = false;
  }
  void operator()(const FreeWork &work) const {
    std::lock_guard lock(runtime_.mutex);
    (void)runtime_.releaseMemory(work.pointer);
  }
  void operator()(const EventWork &work) const {
    std::lock_guard lock(runtime_.mutex);
    work.event->reached(sequence_);
  }
  void operator()(const KernelWork &work) const {
    emulator::LaunchParameters parameters;
    parameters.grid = work.grid;
    parameters.block = work.block;
    parameters.dynamic_lds_bytes = work.dynamic_lds_bytes;
    parameters.arguments = work.arguments;
    auto report = runtime_.device.run(*work.module, work.kernel, parameters);
    if (!report)
      return runtime_.fault(device_, report.error().str());
    for (const emulator::Finding &finding : report->findings)
      runtime_.fault(device_, finding.str());
    if (report->error)
      runtime_.fault(device_, report->error->str());
  }
  void operator()(const CopyWork &work) const {
    std::vector<std::byte> row;
    const std::byte *staged = work.staged ? work.staged->data() : nullptr;
    forEachRow(work.extent, [&](std::size_t y, std::size_t z) {
      std::size_t bytes = work.extent.width;
      std::uintptr_t from = work.from.row(y, z), to = work.to.row(y, z);
      if (!staged && !work.from.on_device && !work.to.on_device) {
        std::memmove(hostPointer(to), hostPointer(from), bytes);
        return;
      }
      const std::byte *source = staged ? staged : hostPointer(from);
      if (!staged && work.from.on_device) {
        std::byte *target = work.to.on_device ? nullptr : hostPointer(to);
        if (!target) {
          row.resize(bytes);
          target = row.data();
        }
        if (auto ok = runtime_.device.read(from, {target, bytes}); !ok)
          return runtime_.fault(device_, ok.error().str());
        source = target;
      }
      if (work.to.on_device) {
        // Rows that overlap would lose their marks; HIP leaves overlapping copies undefined.
        if (auto ok = runtime_.device.write(to, {source, bytes}); !ok)
          return runtime_.fault(device_, ok.error().str());
        if (!staged && work.from.on_device)
          keepUnwritten(runtime_.device, to, from, bytes);
      } else if (source != hostPointer(to)) {
        std::memcpy(hostPointer(to), source, bytes);
      }
      if (staged)
        staged += bytes;
    });
  }
  void operator()(const FillWork &work) const {
    std::vector<std::byte> pattern(work.extent.width);
    for (std::size_t n = 0; n < pattern.size(); ++n)
      pattern[n] = static_cast<std::byte>(work.value >> n % work.element_bytes * 8);
    forEachRow(work.extent, [&](std::size_t y, std::size_t z) {
      std::uintptr_t to = work.to.row(y, z);
      if (!work.to.on_device)
        std::memcpy(hostPointer(to), pattern.data(), pattern.size());
      else if (auto ok = runtime_.device.write(to, pattern); !ok)
        runtime_.fault(device_, ok.error().str());
    });
  }

private:
  Runtime &runtime_;
  int device_;
  std::uint64_t sequence_;
};

HostRange range(const Place &place, const Extent &extent) {
  if (place.on_device)
    return {};
  return {place.address, place.address + extent.span(place)};
}

} // namespace

void execute(Runtime &runtime, const Work &work, int device, std::uint64_t sequence) {
  std::visit(Executor(runtime, device, sequence), work);
}

HostRange hostBytesRead(const Work &work) {
  const auto *copy = std::get_if<CopyWork>(&work);
  return copy && !copy->staged ? range(copy->from, copy->extent) : HostRange{};
}

HostRange hostBytesWritten(const Work &work) {
  if (const auto *copy = std::get_if<CopyWork>(&work))
    return range(copy->to, copy->extent);
  if (const auto *fill = std::get_if<FillWork>(&work))
    return range(fill->to, fill->extent);
  return {};
}

std::shared_ptr<const std::vector<std::byte>> stage(const CopyWork &copy) {
  auto bytes = std::make_shared<std::vector<std::byte>>();
  bytes->reserve(copy.extent.width * copy.extent.height * copy.extent.depth);
  forEachRow(copy.extent, [&](std::size_t y, std::size_t z) {
    const std::byte *row = hostPointer(copy.from.row(y, z));
    bytes->insert(bytes->end(), row, row + copy.extent.width);
  });
  return bytes;
}

void poisonHostBytes(const Work &work) {
  auto poison = [](const Place &place, const Extent &extent) {
    if (!place.on_device)
      forEachRow(extent, [&](std::size_t y, std::size_t z) {
        std::memset(hostPointer(place.row(y, z)), 0xcd, extent.width);
      });
  };
  if (const auto *copy = std::get_if<CopyWork>(&work))
    poison(copy->to, copy->extent);
  if (const auto *fill = std::get_if<FillWork>(&work))
    poison(fill->to, fill->extent);
}

} // namespace gemmsmith::hipemu
