#include "runtime/read_mostly_map.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace gemmsmith::runtime {
namespace {

struct Key {
  std::uint64_t value;
  bool operator==(const Key &) const = default;
};
// Most keys collide, so that probing has something to do.
std::uint64_t hash(const Key &key) {
  return key.value % 7;
}

TEST(ReadMostlyMap, FindsWhatWasPutAndNothingElse) {
  ReadMostlyMap<Key, int> map;
  std::vector<int> values(500);
  EXPECT_EQ(map.find({1}), nullptr);
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    map.put({i}, &values[i]);
    EXPECT_EQ(map.find({i + 1}), nullptr);
  }
  for (std::uint64_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(map.find({i}), &values[i]);
}

TEST(ReadMostlyMap, PutReplacesAndNullMakesAKeyAbsent) {
  ReadMostlyMap<Key, int> map;
  int first = 1, second = 2;
  map.put({5}, &first);
  map.put({5}, &second);
  EXPECT_EQ(map.find({5}), &second);
  map.put({5}, nullptr);
  EXPECT_EQ(map.find({5}), nullptr);
  map.put({5}, &first);
  EXPECT_EQ(map.find({5}), &first);
}

TEST(ReadMostlyMap, VisitsKeysInTheOrderOfInsertion) {
  ReadMostlyMap<Key, int> map;
  int value = 0;
  for (std::uint64_t key : {9, 2, 16, 4})
    map.put({key}, &value);
  map.put({16}, nullptr);
  std::vector<std::uint64_t> keys;
  map.forEach([&](const Key &key, const int &) { keys.push_back(key.value); });
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{9, 2, 4}));
}

// What a reader has seen once stays; a value is whole. For ThreadSanitizer, too.
TEST(ReadMostlyMap, ReadersSeeWholeValuesWhileAWriterGrowsIt) {
  constexpr std::uint64_t kKeys = 2000;
  struct Value {
    std::uint64_t key, copy;
  };
  ReadMostlyMap<Key, Value> map;
  std::atomic<std::uint64_t> written{0};
  std::atomic<int> wrong{0};
  const auto read = [&] {
    for (std::uint64_t seen = 0; seen < kKeys;) {
      seen = written.load(std::memory_order_acquire);
      for (std::uint64_t key = 0; key < kKeys; key += 13) {
        const Value *value = map.find({key});
        if (value ? value->key != key || value->copy != key : key < seen)
          ++wrong;
      }
    }
  };
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back(read);
  std::vector<std::unique_ptr<Value>> values;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    map.put({key}, values.emplace_back(std::make_unique<Value>(key, key)).get());
    map.put({key / 2}, values.emplace_back(std::make_unique<Value>(key / 2, key / 2)).get());
    written.store(key + 1, std::memory_order_release);
  }
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace gemmsmith::runtime
