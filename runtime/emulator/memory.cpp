#include "runtime/emulator/memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>

namespace gemmsmith::emulator {
namespace {

constexpr DevicePointer kFirst = kFirstDeviceAddress;
constexpr DevicePointer kLast = kLastDeviceAddress;
// Between two allocations; larger than what an instruction offset or a tile row can skip.
constexpr std::uint64_t kGap = std::uint64_t{256} << 20;
constexpr std::uint64_t kPage = 4096;

std::byte *reserve(std::uint64_t bytes) {
  void *p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<std::byte *>(p);
}

std::uint64_t roundUp(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

} // namespace

std::shared_ptr<Allocation> Allocation::create(DevicePointer start, std::uint64_t bytes) {
  std::shared_ptr<Allocation> a(new Allocation);
  a->start_ = start;
  a->bytes_ = bytes;
  a->mapped_ = roundUp(bytes + 1, kPage);
  a->data_ = reserve(a->mapped_);
  return a->data_ && a->reserveShadow() ? a : nullptr;
}

std::shared_ptr<Allocation> Allocation::adopt(std::span<std::byte> host) {
  std::shared_ptr<Allocation> a(new Allocation);
  a->start_ = reinterpret_cast<DevicePointer>(host.data());
  a->bytes_ = host.size();
  a->data_ = host.data();
  a->owns_data_ = false;
  if (!a->reserveShadow())
    return nullptr;
  a->markRange(a->start_, a->bytes_, true);
  return a;
}

bool Allocation::reserveShadow() {
  // Three bytes of slack: written() reads a window of three shadow bytes.
  shadow_mapped_ = roundUp(bytes_ / 8 + 4, kPage);
  shadow_ = reinterpret_cast<std::uint8_t *>(reserve(shadow_mapped_));
  stamps_mapped_ = roundUp(bytes_ * 2 + 8, kPage);
  stamps_ = reinterpret_cast<std::uint64_t *>(reserve(stamps_mapped_));
  return shadow_ && stamps_;
}

Allocation::~Allocation() {
  if (data_ && owns_data_)
    munmap(data_, mapped_);
  if (shadow_)
    munmap(shadow_, shadow_mapped_);
  if (stamps_)
    munmap(stamps_, stamps_mapped_);
}

void Allocation::stamp(DevicePointer address, std::uint32_t bytes, std::uint32_t time,
                       std::uint64_t workgroup, std::uint32_t instruction, bool past_l2) const {
  std::uint64_t at = address - start_, end = at + bytes;
  while (at < end) {
    std::uint64_t next = std::min(end, at / 4 * 4 + 4);
    auto mask = ((1u << (next - at)) - 1) << at % 4;
    std::atomic_ref word(stamps_[at / 4]);
    // Stores of one workgroup to parts of a dword, at one time and in one way, share a stamp.
    Stamp old(word.load(std::memory_order_relaxed));
    if (mask != 15 && old.time() == time && old.workgroup() == (workgroup & 0x7fff) &&
        old.pastL2() == past_l2)
      mask |= old.bytes();
    word.store(Stamp(time, workgroup, instruction, mask, past_l2).bits(),
               std::memory_order_relaxed);
    at = next;
  }
  if (newestStamp() != time)
    newest_stamp_.store(time, std::memory_order_relaxed);
}

void Allocation::clearStamps() const {
  madvise(stamps_, stamps_mapped_, MADV_DONTNEED);
  newest_stamp_.store(0);
}

bool MemoryView::sharedWithHost() const {
  return std::any_of(allocations_.begin(), allocations_.end(),
                     [](const auto &allocation) { return allocation->sharedWithHost(); });
}

void MemoryView::clearStamps() const {
  for (const auto &allocation : allocations_)
    allocation->clearStamps();
}

void Allocation::markWritten(DevicePointer address, std::uint32_t bytes) const {
  std::uint64_t bit = address - start_;
  std::uint32_t mask = ((1u << bytes) - 1) << bit % 8; // at most 16 + 7 bits
  for (std::uint64_t byte = bit / 8; mask; ++byte, mask >>= 8) {
    auto part = static_cast<std::uint8_t>(mask);
    // Neighbouring bytes may belong to another workgroup, so a partial shadow byte is set
    // atomically.
    std::atomic_ref<std::uint8_t> shadow(shadow_[byte]);
    if ((shadow.load(std::memory_order_relaxed) & part) != part)
      shadow.fetch_or(part, std::memory_order_relaxed);
  }
}

void Allocation::markRange(DevicePointer address, std::uint64_t bytes, bool is_written) const {
  std::uint64_t bit = address - start_, end = bit + bytes;
  auto set = [&](std::uint64_t b) {
    std::atomic_ref<std::uint8_t> shadow(shadow_[b / 8]);
    auto mask = static_cast<std::uint8_t>(1u << b % 8);
    if (is_written)
      shadow.fetch_or(mask, std::memory_order_relaxed);
    else
      shadow.fetch_and(static_cast<std::uint8_t>(~mask), std::memory_order_relaxed);
  };
  for (; bit < end && bit % 8; ++bit)
    set(bit);
  if (end > bit) {
    std::uint64_t whole = (end - bit) / 8;
    // Making a big range unwritten gives its pages back to the host.
    std::uint8_t *from = shadow_ + bit / 8;
    if (!is_written && whole > (1 << 20)) {
      auto first = reinterpret_cast<std::uintptr_t>(from);
      std::uintptr_t page = roundUp(first, kPage);
      std::uint64_t head = page - first, pages = (whole - head) / kPage * kPage;
      std::memset(from, 0, head);
      madvise(from + head, pages, MADV_DONTNEED);
      std::memset(from + head + pages, 0, whole - head - pages);
    } else {
      std::memset(from, is_written ? 0xff : 0, whole);
    }
    for (bit += whole * 8; bit < end; ++bit)
      set(bit);
  }
}

std::uint64_t Allocation::unwritten(DevicePointer address, std::uint64_t bytes) const {
  std::uint64_t bit = address - start_, end = bit + bytes, count = 0;
  auto clear = [&](std::uint64_t b) { return (shadow_[b / 8] >> b % 8 & 1) == 0; };
  for (; bit < end && bit % 8; ++bit)
    count += clear(bit);
  for (; bit + 8 <= end; bit += 8)
    count += 8 - static_cast<std::uint64_t>(std::popcount(shadow_[bit / 8]));
  for (; bit < end; ++bit)
    count += clear(bit);
  return count;
}

const Allocation *MemoryView::find(DevicePointer address, std::uint64_t bytes) const {
  auto it = std::upper_bound(
      allocations_.begin(), allocations_.end(), address,
      [](DevicePointer a, const std::shared_ptr<Allocation> &b) { return a < b->start(); });
  if (it == allocations_.begin())
    return nullptr;
  const Allocation *a = std::prev(it)->get();
  std::uint64_t offset = address - a->start();
  return offset <= a->bytes() && bytes <= a->bytes() - offset ? a : nullptr;
}

std::string MemoryView::describe(DevicePointer address) const {
  const Allocation *nearest = nullptr;
  std::uint64_t distance = ~std::uint64_t{0};
  for (const auto &a : allocations_) {
    std::uint64_t d = address < a->start() ? a->start() - address
                      : address < a->end() ? 0
                                           : address - a->end() + 1;
    if (d < distance) {
      distance = d;
      nearest = a.get();
    }
  }
  if (!nearest)
    return "nothing is allocated";
  auto which = fmt::format("the {}-byte allocation at {:#x}", nearest->bytes(), nearest->start());
  if (distance == 0)
    return "byte " + std::to_string(address - nearest->start()) + " of " + which;
  if (address < nearest->start())
    return fmt::format("{} bytes before {}", distance, which);
  return fmt::format("{} bytes past the end of {}", distance - 1, which);
}

DeviceMemory::DeviceMemory() : view_(std::make_shared<MemoryView>()), next_(kFirst) {}

Expected<DevicePointer> DeviceMemory::allocate(std::uint64_t bytes, std::uint64_t alignment) {
  if (!std::has_single_bit(alignment) || alignment > kGap)
    return makeError(
        ErrorKind::kUsage,
        fmt::format("an alignment of {} is not a power of two up to {}", alignment, kGap));
  if (bytes > kLast - kFirst)
    return makeError(ErrorKind::kUsage, fmt::format("cannot allocate {} bytes", bytes));
  std::lock_guard lock(mutex_);
  const auto &all = view_->allocations_;
  if (all.empty())
    next_ = kFirst;
  DevicePointer start = roundUp(next_, alignment);
  if (start + bytes + kGap > kLast) { // wrapped: first hole that is big enough
    start = kFirst;
    for (const auto &a : all) {
      if (a->start() >= start + bytes + kGap)
        break;
      start = std::max(start, roundUp(a->end() + kGap, alignment));
    }
    if (start + bytes + kGap > kLast)
      return makeError(ErrorKind::kFailed, "the emulated device has no address space left");
  }
  auto allocation = Allocation::create(start, std::max<std::uint64_t>(bytes, 1));
  if (!allocation)
    return makeError(ErrorKind::kFailed,
                     fmt::format("the host cannot reserve {} bytes of address space", bytes));
  next_ = std::max(next_, start + bytes + kGap);
  insert(std::move(allocation));
  return start;
}

Expected<void> DeviceMemory::share(std::span<std::byte> host) {
  auto start = reinterpret_cast<DevicePointer>(host.data());
  auto overlaps = [&](DevicePointer from, DevicePointer to) {
    return start < to && from < start + host.size();
  };
  std::lock_guard lock(mutex_);
  bool taken = overlaps(kFirst, kLast);
  for (const auto &a : view_->allocations_)
    taken = taken || overlaps(a->start(), a->end());
  if (host.empty() || taken)
    return makeError(ErrorKind::kUsage,
                     fmt::format("{} bytes of host memory at {:#x} cannot be shared: {}",
                                 host.size(), start, taken ? "already device memory" : "empty"));
  auto allocation = Allocation::adopt(host);
  if (!allocation)
    return makeError(ErrorKind::kFailed, "the host cannot reserve the shadow of shared memory");
  insert(std::move(allocation));
  return {};
}

void DeviceMemory::insert(std::shared_ptr<Allocation> allocation) {
  auto next = std::make_shared<MemoryView>(*view_);
  auto at = std::upper_bound(
      next->allocations_.begin(), next->allocations_.end(), allocation->start(),
      [](DevicePointer a, const std::shared_ptr<Allocation> &b) { return a < b->start(); });
  next->allocations_.insert(at, std::move(allocation));
  view_ = std::move(next);
}

Expected<void> DeviceMemory::release(DevicePointer pointer) {
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<MemoryView>(*view_);
  auto &all = next->allocations_;
  auto it =
      std::find_if(all.begin(), all.end(), [&](const auto &a) { return a->start() == pointer; });
  if (it == all.end())
    return makeError(ErrorKind::kUsage,
                     fmt::format("{:#x} is not the start of an allocation", pointer));
  all.erase(it);
  view_ = std::move(next);
  return {};
}

std::shared_ptr<const MemoryView> DeviceMemory::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

} // namespace gemmsmith::emulator
