// A GEMM with its operands in device memory, and the float64 reference that its C is judged by.
#pragma once

#include "runtime/gemmsmith.h"
#include "tests/runtime/library/hip_api.h"
#include "tools/verify/inputs.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace gemmsmith {

struct Gemm {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t lda = 0, ldb = 0, ldc = 0; // 0 = dense
  bool bias = false;
  bool f32_out = false;
  std::size_t offset = 0; // bytes from an aligned address to the first element of A and of B
  std::uint64_t seed = 1;
};

gs_problem problemOf(const Gemm &gemm);

// Lives on the device that is current when it is made. The inputs are small integers, so that the
// right result is one result, bit for bit.
class GemmOnDevice {
public:
  explicit GemmOnDevice(const Gemm &gemm);
  ~GemmOnDevice();
  GemmOnDevice(const GemmOnDevice &) = delete;
  GemmOnDevice &operator=(const GemmOnDevice &) = delete;

  gs_problem problem() const { return problemOf(gemm_); }
  gs_pointers pointers() const;

  // Makes every byte of C something that no result is.
  void spoil();
  // Waits for the device, and says what is wrong with C; empty if every element is right and
  // nothing between the rows was written.
  std::string verify() const;

private:
  struct Memory {
    void *address = nullptr;
    std::size_t bytes = 0;
    explicit Memory(std::size_t size);
    ~Memory();
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;
  };
  std::int64_t rowStrideOfC() const { return gemm_.ldc ? gemm_.ldc : gemm_.n; }
  std::size_t elementBytes() const { return gemm_.f32_out ? 4 : 2; }
  static std::unique_ptr<Memory> upload(const verify::Matrix &matrix, std::int64_t stride,
                                        std::size_t offset);

  Gemm gemm_;
  verify::Operands operands_;
  std::unique_ptr<Memory> a_, b_, bias_, c_;
};

} // namespace gemmsmith
