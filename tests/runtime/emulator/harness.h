// Buffers on the emulated device and launches with arguments, for the tests.
#pragma once

#include "runtime/emulator/device.h"
#include "tests/runtime/emulator/test_objects.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace gemmsmith::emulator {

class Harness {
public:
  explicit Harness(DeviceOptions options = {}) : device(options) {}

  template <typename T> DevicePointer upload(const std::vector<T> &values) {
    DevicePointer p = empty(values.size() * sizeof(T));
    EXPECT_TRUE(device.write(p, std::as_bytes(std::span(values))));
    return p;
  }
  DevicePointer empty(std::size_t bytes) {
    auto p = device.allocate(bytes);
    EXPECT_TRUE(p.has_value());
    return p.value_or(0);
  }
  template <typename T> std::vector<T> download(DevicePointer p, std::size_t count) {
    std::vector<T> values(count);
    auto ok = device.read(p, std::as_writable_bytes(std::span(values)));
    EXPECT_TRUE(ok) << ok.error().str();
    return values;
  }

  void load(const std::vector<std::byte> &object) {
    auto loaded = device.load(object);
    ASSERT_TRUE(loaded) << loaded.error().str();
    module = *loaded;
  }

  // Launches; arguments are laid out with natural alignment. Returns the error message, or "".
  template <typename... A>
  std::string launch(const std::string &kernel, Dim3 grid, Dim3 block, A... arguments) {
    if (!module)
      return "no module";
    std::vector<std::byte> bytes;
    (append(bytes, arguments), ...);
    LaunchParameters p;
    p.grid = grid;
    p.block = block;
    p.dynamic_lds_bytes = dynamic_lds;
    p.arguments = bytes;
    p.workgroups = workgroups;
    auto result = device.launch(*module, kernel, p);
    if (!result)
      return result.error().str();
    statistics = *result;
    return "";
  }

  Device device;
  std::shared_ptr<const Module> module;
  LaunchStatistics statistics;
  std::uint32_t dynamic_lds = 0;
  std::vector<std::uint64_t> workgroups; // to run, in this order; empty: all

private:
  template <typename T> static void append(std::vector<std::byte> &bytes, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::size_t at = (bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T);
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }
};

inline std::uint16_t toBf16(float f) {
  auto v = std::bit_cast<std::uint32_t>(f);
  return static_cast<std::uint16_t>((v + 0x7fff + (v >> 16 & 1)) >> 16);
}
inline float fromBf16(std::uint16_t v) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(v) << 16);
}

// Small integers, whose products and sums are exact in float32.
inline std::vector<std::uint16_t> randomIntegers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> values(-8, 8);
  std::vector<std::uint16_t> result(count);
  for (auto &v : result)
    v = toBf16(static_cast<float>(values(random)));
  return result;
}

} // namespace gemmsmith::emulator
