#include "tests/runtime/library/gemm_on_device.h"

#include "tools/verify/compare.h"
#include "tools/verify/reference.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace gemmsmith {

namespace {

constexpr int kSpoiled = 0xab;

void require(hipError_t status, const char *what) {
  if (status != hipSuccess)
    throw std::runtime_error(std::string(what) + " failed with " +
                             std::to_string(static_cast<int>(status)));
}

Problem dense(const Gemm &gemm) {
  Problem problem;
  problem.m = gemm.m;
  problem.n = gemm.n;
  problem.k = gemm.k;
  problem.bias = gemm.bias;
  problem.out_type = gemm.f32_out ? DataType::kF32 : DataType::kBf16;
  return problem;
}

} // namespace

gs_problem problemOf(const Gemm &gemm) {
  gs_problem problem{};
  problem.m = gemm.m;
  problem.n = gemm.n;
  problem.k = gemm.k;
  problem.lda = gemm.lda;
  problem.ldb = gemm.ldb;
  problem.ldc = gemm.ldc;
  problem.out_type = gemm.f32_out ? GS_F32 : GS_BF16;
  problem.bias = gemm.bias;
  problem.unaligned = gemm.offset % 16 != 0;
  return problem;
}

GemmOnDevice::Memory::Memory(std::size_t size) : bytes(size) {
  require(hipMalloc(&address, size), "hipMalloc");
}

GemmOnDevice::Memory::~Memory() {
  (void)hipFree(address);
}

std::unique_ptr<GemmOnDevice::Memory>
GemmOnDevice::upload(const verify::Matrix &matrix, std::int64_t stride, std::size_t offset) {
  const auto elements = static_cast<std::size_t>((matrix.rows - 1) * stride + matrix.columns);
  std::vector<verify::Bf16> values(elements, 0xffff); // NaN between the rows
  for (std::int64_t row = 0; row < matrix.rows; ++row)
    std::ranges::copy(matrix.row(row), values.begin() + row * stride);
  const std::size_t bytes = elements * sizeof(verify::Bf16);
  auto memory = std::make_unique<Memory>(bytes + offset);
  require(hipMemcpy(static_cast<std::byte *>(memory->address) + offset, values.data(), bytes,
                    hipMemcpyHostToDevice),
          "hipMemcpy");
  return memory;
}

GemmOnDevice::GemmOnDevice(const Gemm &gemm)
    : gemm_(gemm),
      operands_(
          verify::makeOperands(verify::Inputs::kExactIntegers, dense(gemm), gemm.seed).value()) {
  a_ = upload(operands_.a, gemm.lda ? gemm.lda : gemm.k, gemm.offset);
  b_ = upload(operands_.b, gemm.ldb ? gemm.ldb : gemm.k, gemm.offset);
  if (gemm.bias)
    bias_ = upload({1, gemm.n, operands_.bias}, gemm.n, 0);
  c_ = std::make_unique<Memory>(static_cast<std::size_t>((gemm.m - 1) * rowStrideOfC() + gemm.n) *
                                elementBytes());
  spoil();
}

GemmOnDevice::~GemmOnDevice() = default;

gs_pointers GemmOnDevice::pointers() const {
  gs_pointers pointers{};
  pointers.a = static_cast<std::byte *>(a_->address) + gemm_.offset;
  pointers.b = static_cast<std::byte *>(b_->address) + gemm_.offset;
  pointers.c = c_->address;
  pointers.bias = bias_ ? bias_->address : nullptr;
  return pointers;
}

void GemmOnDevice::spoil() {
  require(hipMemset(c_->address, kSpoiled, c_->bytes), "hipMemset");
  require(hipDeviceSynchronize(), "hipDeviceSynchronize");
}

std::string GemmOnDevice::verify() const {
  if (const hipError_t status = hipDeviceSynchronize(); status != hipSuccess)
    return "the device reports error " + std::to_string(static_cast<int>(status));
  std::vector<std::byte> all(c_->bytes);
  require(hipMemcpy(all.data(), c_->address, all.size(), hipMemcpyDeviceToHost), "hipMemcpy");
  const auto row_bytes = static_cast<std::size_t>(gemm_.n) * elementBytes();
  const auto stride_bytes = static_cast<std::size_t>(rowStrideOfC()) * elementBytes();
  std::vector<std::byte> output;
  std::size_t stray = 0;
  for (std::size_t at = 0; at < all.size(); at += stride_bytes) {
    const auto row = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = row + static_cast<std::ptrdiff_t>(row_bytes);
    const auto next = row + static_cast<std::ptrdiff_t>(std::min(stride_bytes, all.size() - at));
    output.insert(output.end(), row, end);
    stray += static_cast<std::size_t>(
        std::count_if(end, next, [](std::byte b) { return b != std::byte{kSpoiled}; }));
  }
  if (stray > 0)
    return std::to_string(stray) + " bytes between the rows of C were written";
  const auto reference = verify::computeReference(operands_, {0, 0, gemm_.m, gemm_.n});
  const auto comparison = verify::compareOutput(verify::Criterion::kExact,
                                                gemm_.f32_out ? DataType::kF32 : DataType::kBf16,
                                                gemm_.k, reference, output);
  if (comparison.elements != static_cast<std::uint64_t>(gemm_.m * gemm_.n))
    return "only " + std::to_string(comparison.elements) + " elements were compared";
  return comparison.first_mismatch ? comparison.first_mismatch->str() : "";
}

} // namespace gemmsmith
