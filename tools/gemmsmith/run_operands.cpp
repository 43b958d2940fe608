#include "tools/gemmsmith/run_operands.h"

#include "tools/gemmsmith/cache_view.h"
#include "tools/verify/reference.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

namespace gemmsmith {

namespace {

constexpr unsigned char kPoison = 0xff; // NaN in both output types, which no finite input gives

// Rows of C whose reference is held at a time: about 64 MiB of it, but enough rows that turning B
// into doubles is not what takes the time.
std::int64_t rowsAtATime(std::int64_t columns) {
  constexpr std::int64_t kElements = 1 << 22;
  constexpr std::int64_t kFewest = 16;
  return std::max(kFewest, kElements / columns);
}

double spanElements(std::int64_t rows, std::int64_t columns, std::int64_t stride) {
  return static_cast<double>(rows - 1) * static_cast<double>(stride) + static_cast<double>(columns);
}

std::size_t spanBytes(std::int64_t rows, std::int64_t columns, std::int64_t stride, DataType type) {
  return static_cast<std::size_t>(((rows - 1) * stride + columns) * sizeInBytes(type));
}

// What the kernel says of its addresses must hold and no more: `alignment` bytes, where less than
// 16 are asked for.
std::size_t offsetOf(int alignment) {
  return alignment < 16 ? static_cast<std::size_t>(alignment) : 0;
}

Expected<DeviceMemory> uploadMatrix(const HipDevice &device, const verify::Matrix &matrix,
                                    std::int64_t stride, std::size_t offset) {
  constexpr verify::Bf16 kNan = 0xffff;
  const std::size_t bytes = spanBytes(matrix.rows, matrix.columns, stride, DataType::kBf16);
  auto memory = DeviceMemory::allocate(device, bytes + offset);
  if (!memory)
    return memory;
  std::span<const verify::Bf16> values = matrix.values;
  std::vector<verify::Bf16> strided;
  if (stride != matrix.columns) {
    strided.assign(bytes / sizeof(verify::Bf16), kNan);
    for (std::int64_t row = 0; row < matrix.rows; ++row)
      std::ranges::copy(matrix.row(row), strided.begin() + row * stride);
    values = strided;
  }
  if (auto copied = device.copyIn(memory->address() + offset, std::as_bytes(values)); !copied)
    return tl::unexpected(copied.error());
  return memory;
}

// What a program may still take; nothing where the system does not say.
std::optional<double> availableHostBytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;)
    if (word == "MemAvailable:")
      if (double kibibytes = 0; file >> kibibytes)
        return kibibytes * 1024;
  return std::nullopt;
}

std::uint64_t countPoisoned(std::span<const std::byte> row, std::size_t element_bytes) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < row.size(); at += element_bytes)
    count += std::ranges::all_of(row.subspan(at, element_bytes),
                                 [](std::byte b) { return b == std::byte{kPoison}; });
  return count;
}

} // namespace

std::string RunVerdict::failure() const {
  if (unwritten > 0)
    return fmt::format("{} elements of C were not written", unwritten);
  if (stray_bytes > 0)
    return fmt::format("{} bytes between the rows of C were written", stray_bytes);
  if (comparison.first_mismatch)
    return fmt::format("{} of {} elements are wrong; the first: {}", comparison.mismatches,
                       comparison.elements, comparison.first_mismatch->str());
  return {};
}

Expected<RunOperands> RunOperands::upload(const HipDevice &device, const Problem &problem,
                                          verify::Inputs inputs, std::uint64_t seed) {
  auto operands = verify::makeOperands(inputs, problem, seed);
  if (!operands)
    return tl::unexpected(operands.error());
  RunOperands run;
  run.device_ = &device;
  run.problem_ = problem;
  run.inputs_ = inputs;
  run.operands_ = std::move(*operands);
  const std::size_t offset = offsetOf(problem.pointer_alignment);
  Expected<void> done;
  const auto take = [&done](DeviceMemory &into, Expected<DeviceMemory> memory) {
    if (memory)
      into = std::move(*memory);
    else
      done = tl::unexpected(memory.error());
    return done.has_value();
  };
  const bool all =
      take(run.a_, uploadMatrix(device, run.operands_.a, rowStrideA(problem), offset)) &&
      take(run.b_, uploadMatrix(device, run.operands_.b, rowStrideB(problem), offset)) &&
      (!problem.bias ||
       take(run.bias_, uploadMatrix(device, {1, problem.n, run.operands_.bias}, problem.n, 0))) &&
      take(run.c_,
           DeviceMemory::allocate(
               device, spanBytes(problem.m, problem.n, rowStrideC(problem), problem.out_type)));
  if (!all)
    return tl::unexpected(done.error());
  return run;
}

gs_pointers RunOperands::pointers() const {
  gs_pointers pointers{};
  const std::size_t offset = offsetOf(problem_.pointer_alignment);
  pointers.a = a_.address() + offset;
  pointers.b = b_.address() + offset;
  pointers.c = c_.address();
  pointers.bias = bias_.address();
  return pointers;
}

Expected<void> RunOperands::poison() const {
  return device_->fill(c_.address(), kPoison, c_.bytes());
}

Expected<RunVerdict> RunOperands::judge() const {
  std::vector<std::byte> c(c_.bytes());
  if (auto copied = device_->copyOut(c, c_.address()); !copied)
    return tl::unexpected(copied.error());
  const auto element_bytes = static_cast<std::size_t>(sizeInBytes(problem_.out_type));
  const auto row_bytes = static_cast<std::size_t>(problem_.n) * element_bytes;
  const auto stride_bytes = static_cast<std::size_t>(rowStrideC(problem_)) * element_bytes;
  const auto threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto criterion = inputs_ == verify::Inputs::kExactIntegers ? verify::Criterion::kExact
                                                                   : verify::Criterion::kBounded;
  RunVerdict verdict;
  std::vector<std::byte> band;
  const std::int64_t most = rowsAtATime(problem_.n);
  for (std::int64_t row = 0; row < problem_.m; row += most) {
    const std::int64_t rows = std::min(most, problem_.m - row);
    band.clear();
    for (std::int64_t r = row; r < row + rows; ++r) {
      const std::size_t begin = static_cast<std::size_t>(r) * stride_bytes;
      const auto elements = std::span(c).subspan(begin, row_bytes);
      verdict.unwritten += countPoisoned(elements, element_bytes);
      band.insert(band.end(), elements.begin(), elements.end());
      const auto padding = std::span(c).subspan(
          begin + row_bytes, std::min(stride_bytes, c.size() - begin) - row_bytes);
      verdict.stray_bytes += static_cast<std::uint64_t>(
          std::ranges::count_if(padding, [](std::byte b) { return b != std::byte{kPoison}; }));
    }
    const auto reference = verify::computeReference(operands_, {row, 0, rows, problem_.n}, threads);
    verdict.comparison.add(
        verify::compareOutput(criterion, problem_.out_type, problem_.k, reference, band));
  }
  return verdict;
}

double hostBytesOf(const Problem &p, bool emulated) {
  const double in_bytes = sizeInBytes(p.in_type);
  const double a = spanElements(p.m, p.k, rowStrideA(p)) * in_bytes;
  const double b = spanElements(p.n, p.k, rowStrideB(p)) * in_bytes;
  const double c = spanElements(p.m, p.n, rowStrideC(p)) * sizeInBytes(p.out_type);
  const double operands = spanElements(p.m, p.k, p.k) * in_bytes +
                          spanElements(p.n, p.k, p.k) * in_bytes +
                          static_cast<double>(p.n) * in_bytes;
  const double staging = std::max(rowStrideA(p) == p.k ? 0 : a, rowStrideB(p) == p.k ? 0 : b);
  // Two doubles of reference and an element of C each.
  const double band = static_cast<double>(std::min(p.m, rowsAtATime(p.n))) *
                      static_cast<double>(p.n) *
                      (2 * sizeof(double) + static_cast<double>(sizeInBytes(p.out_type)));
  return operands + (emulated ? a + b + c : 0) + std::max(staging, c + band);
}

Expected<void> checkHostMemory(const Problem &problem, bool emulated) {
  const auto available = availableHostBytes();
  const double needed = hostBytesOf(problem, emulated);
  if (!available || needed <= *available)
    return {};
  constexpr double kMost = 0x1p63; // of what can be printed as a size
  return makeError(
      ErrorKind::kFailed,
      fmt::format("this problem needs about {} of host memory, for the operands, C and its "
                  "reference{}, and {} are available; take smaller --m, --n or --k",
                  sizeText(static_cast<std::uint64_t>(std::min(needed, kMost))),
                  emulated ? " and for the emulated device's" : "",
                  sizeText(static_cast<std::uint64_t>(*available))));
}

} // namespace gemmsmith
