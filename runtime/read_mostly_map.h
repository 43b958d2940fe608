// A map that every launch reads and few calls write.
//
// Promises: find() is wait-free: no lock, no allocation, no store to shared memory. It sees every
// insertion that happened before it, and may or may not see one that happens at the same time. The
// values are pointers to objects that the caller owns and keeps, unchanged, as long as the map.
// Does not: lock. Writers exclude each other by a lock of the caller's; a reader that misses takes
// that lock and looks again. Nor does it forget keys: it grows with the number of distinct ones.
//
// Open addressing with linear probing, at most half full. Why readers need no lock:
//
//   ordering     An Entry is complete before the release store that puts its address into a slot;
//                a Table is complete before the release store to `table_`; a value's object is
//                complete before the release store to Entry::value. A reader gets each of these
//                addresses by an acquire load, so that what it reaches through them is complete.
//                The key of an entry never changes after that.
//   growth       The writer fills a Table of twice the size with the same entries and publishes it.
//                A reader still in the old one finds all that was inserted before the growth, for
//                tables lose nothing; it can only miss what came later, and then takes the lock.
//                A probe ends, because every table has empty slots and a slot is only ever filled.
//   replacement  exchanges Entry::value. A reader has the old object or the new one, whole.
//   reclamation  There is none before the destructor, which nobody may run beside a reader: old
//                tables together are smaller than the newest one, entries are never removed, and
//                the caller keeps replaced values. So no reader can hold what has been freed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace gemmsmith::runtime {

// Key has operator== and hash(key).
template <typename Key, typename Value> class ReadMostlyMap {
public:
  ReadMostlyMap() { publish(std::make_unique<Table>(kFirstSlots)); }

  // Null if there is none, or only a null value.
  const Value *find(const Key &key) const noexcept {
    const Entry *entry = lookUp(*table_.load(std::memory_order_acquire), key, hash(key));
    return entry ? entry->value.load(std::memory_order_acquire) : nullptr;
  }

  // Inserts or replaces. With the writers' lock held.
  void put(const Key &key, const Value *value) {
    const std::uint64_t code = hash(key);
    if (Entry *entry = lookUp(*tables_.back(), key, code))
      return entry->value.store(value, std::memory_order_release);
    if (2 * (entries_.size() + 1) > tables_.back()->slots.size())
      grow();
    Entry &entry = entries_.emplace_back(key, code, value);
    place(*tables_.back(), entry, std::memory_order_release);
  }

  // Calls visit(key, value) for every key with a value, in the order of insertion. With the
  // writers' lock held; visit() may put() a key that is there.
  template <typename Visit> void forEach(Visit visit) const {
    for (const Entry &entry : entries_)
      if (const Value *value = entry.value.load(std::memory_order_relaxed))
        visit(entry.key, *value);
  }

private:
  static constexpr std::size_t kFirstSlots = 64;

  struct Entry {
    Entry(const Key &k, std::uint64_t c, const Value *v) : key(k), code(c), value(v) {}
    const Key key;
    const std::uint64_t code;
    std::atomic<const Value *> value;
  };

  struct Table {
    explicit Table(std::size_t count) : mask(count - 1), slots(count) {}
    const std::size_t mask;
    std::vector<std::atomic<Entry *>> slots; // null at first
  };

  static Entry *lookUp(const Table &table, const Key &key, std::uint64_t code) noexcept {
    for (std::size_t i = code & table.mask;; i = (i + 1) & table.mask) {
      Entry *entry = table.slots[i].load(std::memory_order_acquire);
      if (!entry || (entry->code == code && entry->key == key))
        return entry;
    }
  }

  static void place(Table &table, Entry &entry, std::memory_order order) {
    std::size_t i = entry.code & table.mask;
    while (table.slots[i].load(std::memory_order_relaxed))
      i = (i + 1) & table.mask;
    table.slots[i].store(&entry, order);
  }

  void publish(std::unique_ptr<Table> table) {
    tables_.push_back(std::move(table));
    table_.store(tables_.back().get(), std::memory_order_release);
  }

  void grow() {
    auto table = std::make_unique<Table>(2 * tables_.back()->slots.size());
    for (Entry &entry : entries_)
      place(*table, entry, std::memory_order_relaxed);
    publish(std::move(table));
  }

  std::atomic<const Table *> table_{nullptr};
  std::vector<std::unique_ptr<Table>> tables_; // the newest last
  std::deque<Entry> entries_;                  // never moves an element
};

} // namespace gemmsmith::runtime
