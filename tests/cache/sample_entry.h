// Entries to put into stores, and bytes to damage.
#pragma once

#include "cache/entry.h"
#include "configs/kernel_name.h"

#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

inline constexpr const char *kKernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";
inline constexpr const char *kOtherKernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x1x1";
inline constexpr const char *kCompiler = "0123456789abcdef0123456789abcdef";

inline CacheKey sampleKey(std::string_view kernel = kKernel, std::string compiler = kCompiler) {
  return CacheKey::make({.compiler = std::move(compiler),
                         .target_id = "gfx950",
                         .config = parseKernelName(kernel).value(),
                         .allow_spills = false})
      .value();
}

// A code object of `size` bytes that pack to about half; the same for the same seed.
inline std::vector<std::byte> sampleObject(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte &byte : bytes)
    byte = static_cast<std::byte>(random() % 16);
  return bytes;
}

inline Entry sampleEntry(CacheKey key = sampleKey(), std::size_t size = 100, unsigned seed = 1) {
  return {.key = std::move(key), .manifest = "{}", .code_object = sampleObject(size, seed)};
}

inline std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

inline std::string encoded(const Entry &entry) {
  return std::string(textOf(encodeEntry(entry).value()));
}

inline Expected<Entry> decoded(std::string_view bytes) {
  return decodeEntry(std::as_bytes(std::span(bytes)));
}

// `bytes` with the checksum at its end made right.
inline std::string resealed(std::string bytes) {
  constexpr std::size_t kChecksum = sizeof(Hash128::bytes);
  if (bytes.size() < kChecksum)
    return bytes;
  bytes.resize(bytes.size() - kChecksum);
  for (const std::uint8_t byte : hash128(std::string_view(bytes)).bytes)
    bytes += static_cast<char>(byte);
  return bytes;
}

} // namespace gemmsmith
