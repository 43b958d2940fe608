// One piece of work of a stream or of a graph node, and how it is carried out.
//
// Work owns all that it needs except the program's host memory: kernel arguments are copied when a
// launch is made, and a module lives until the last launch from it is done.
#pragma once

#include "configs/launch.h"
#include "runtime/emulator/device.h"
#include "runtime/hipemu/abi.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace gemmsmith::hipemu {

class Runtime;
struct Event;

// Where a copy reads or a fill writes: rows of `pitch` bytes, planes of `slice` bytes.
struct Place {
  std::uintptr_t address = 0;
  bool on_device = false; // else the host's bytes are used directly
  std::size_t pitch = 0;
  std::size_t slice = 0;

  std::uintptr_t row(std::size_t y, std::size_t z) const { return address + z * slice + y * pitch; }
};

struct Extent {
  std::size_t width = 0; // bytes
  std::size_t height = 1;
  std::size_t depth = 1;

  bool empty() const { return width == 0 || height == 0 || depth == 0; }
  // Bytes from the first to the last one touched in `place`.
  std::size_t span(const Place &place) const {
    return empty() ? 0 : (depth - 1) * place.slice + (height - 1) * place.pitch + width;
  }
};

struct NoWork {};

struct KernelWork {
  std::shared_ptr<const emulator::Module> module;
  std::string kernel;
  Dim3 grid, block;
  std::uint32_t dynamic_lds_bytes = 0;
  std::vector<std::byte> arguments;
};

struct CopyWork {
  Place to, from;
  Extent extent;
  // The source's rows, packed, if they had to be taken before the copy is carried out.
  std::shared_ptr<const std::vector<std::byte>> staged;
};

struct FillWork {
  Place to;
  Extent extent;
  std::uint32_t value = 0;
  unsigned element_bytes = 1; // 1, 2 or 4
};

struct HostWork {
  std::function<void()> function;
};

struct FreeWork { // hipFreeAsync
  void *pointer = nullptr;
};

struct EventWork {
  std::shared_ptr<Event> event;
};

using Work = std::variant<NoWork, KernelWork, CopyWork, FillWork, HostWork, FreeWork, EventWork>;

// Called without the runtime's lock. What fails, fails the device.
void execute(Runtime &runtime, const Work &work, int device, std::uint64_t sequence);

// The bytes of the program's memory that the work reads or writes without a kernel, if any.
struct HostRange {
  std::uintptr_t begin = 0, end = 0;
  bool overlaps(const HostRange &other) const { return begin < other.end && other.begin < end; }
};
HostRange hostBytesRead(const Work &work);
HostRange hostBytesWritten(const Work &work);

// The packed rows of a host source.
std::shared_ptr<const std::vector<std::byte>> stage(const CopyWork &copy);
// Fills what the work will write in host memory with 0xCD.
void poisonHostBytes(const Work &work);

} // namespace gemmsmith::hipemu
