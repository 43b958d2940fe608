// What memory the program has been given, by address: device memory, pinned, registered and managed
// host memory, and the images of loaded modules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace gemmsmith::hipemu {

enum class MemoryKind : std::uint8_t {
  kDevice,
  kModule,     // an image with its globals; device memory that only unloading frees
  kPinned,     // hipHostMalloc
  kRegistered, // hipHostRegister: the program's own memory
  kManaged,    // hipMallocManaged
};

struct MemoryBlock {
  std::uintptr_t start = 0;
  std::size_t bytes = 0;
  MemoryKind kind = MemoryKind::kDevice;
  int device = 0;
  unsigned flags = 0;

  // Host and device use the same bytes at the same address.
  bool shared() const { return kind != MemoryKind::kDevice && kind != MemoryKind::kModule; }
};

class Allocations {
public:
  void add(const MemoryBlock &block) { blocks_.emplace(block.start, block); }
  void remove(std::uintptr_t start) { blocks_.erase(start); }

  // The block that starts there, or null.
  const MemoryBlock *startingAt(const void *pointer) const {
    auto it = blocks_.find(reinterpret_cast<std::uintptr_t>(pointer));
    return it == blocks_.end() ? nullptr : &it->second;
  }
  // The block that holds the pointer, or null.
  const MemoryBlock *holding(const void *pointer) const {
    auto address = reinterpret_cast<std::uintptr_t>(pointer);
    auto it = blocks_.upper_bound(address);
    if (it == blocks_.begin())
      return nullptr;
    const MemoryBlock &block = std::prev(it)->second;
    return address - block.start < block.bytes ? &block : nullptr;
  }
  auto begin() const { return blocks_.begin(); }
  auto end() const { return blocks_.end(); }

private:
  std::map<std::uintptr_t, MemoryBlock> blocks_;
};

} // namespace gemmsmith::hipemu
