#include "tools/verify/device_problem.h"

#include "tools/verify/output_map.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace gemmsmith::verify {
namespace {

using emulator::Device;
using Unexpected = tl::unexpected<Error>;

constexpr std::int64_t kFence = 1024;       // elements of NaN behind a row
constexpr Bf16 kFenceValue = 0xffff;        // a NaN that no input generator makes
constexpr std::uint64_t kCounterUnit = 256; // launch.h: the counters are padded to it

// Uploads a dense matrix with `stride` elements from row to row, `offset` bytes into its
// allocation.
Expected<DeviceBuffer> uploadMatrix(Device &device, const Matrix &matrix, std::int64_t stride,
                                    std::uint64_t offset) {
  const std::int64_t elements = (matrix.rows - 1) * stride + matrix.columns;
  Expected<DeviceBuffer> buffer =
      DeviceBuffer::allocate(device, static_cast<std::uint64_t>(elements) * sizeof(Bf16) + offset);
  if (!buffer)
    return buffer;
  const emulator::DevicePointer origin = buffer->address() + offset;
  if (stride == matrix.columns) {
    if (auto done = device.write(origin, std::as_bytes(std::span(matrix.values))); !done)
      return Unexpected(done.error());
    return buffer;
  }
  const std::int64_t padding = std::min(stride - matrix.columns, kFence);
  std::vector<Bf16> row(static_cast<std::size_t>(matrix.columns + padding), kFenceValue);
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    std::ranges::copy(matrix.row(i), row.begin());
    if (i == matrix.rows - 1)
      row.resize(static_cast<std::size_t>(matrix.columns));
    const auto at = static_cast<std::uint64_t>(i * stride) * sizeof(Bf16);
    if (auto done = device.write(origin + at, std::as_bytes(std::span(row))); !done)
      return Unexpected(done.error());
  }
  return buffer;
}

} // namespace

Expected<DeviceProblem> DeviceProblem::upload(Device &device, const Launch &launch,
                                              const Operands &operands) {
  const Problem &problem = launch.problem;
  DeviceProblem memory;
  memory.device_ = &device;
  if (problem.pointer_alignment < 16)
    memory.operand_offset_ = static_cast<std::uint64_t>(problem.pointer_alignment);

  const auto take = [](DeviceBuffer &into, Expected<DeviceBuffer> buffer) -> Expected<void> {
    if (!buffer)
      return Unexpected(buffer.error());
    into = std::move(*buffer);
    return {};
  };
  const Matrix bias{1, problem.n, operands.bias};
  Expected<void> done = take(
      memory.a_, uploadMatrix(device, operands.a, rowStrideA(problem), memory.operand_offset_));
  if (done)
    done = take(memory.b_,
                uploadMatrix(device, operands.b, rowStrideB(problem), memory.operand_offset_));
  if (done)
    done = take(memory.c_, DeviceBuffer::allocate(device, outputBytes(problem)));
  if (done && problem.bias)
    done = take(memory.bias_, uploadMatrix(device, bias, problem.n, 0));
  if (done && launch.workspace_bytes > 0) {
    const auto bytes = static_cast<std::uint64_t>(launch.workspace_bytes);
    done = take(memory.workspace_, DeviceBuffer::allocate(device, bytes));
    memory.counter_bytes_ =
        (std::uint64_t{launch.grid.x} * 4 + kCounterUnit - 1) / kCounterUnit * kCounterUnit;
    if (done)
      done =
          device.write(memory.workspace_.address(), std::vector<std::byte>(memory.counter_bytes_));
  }
  if (!done)
    return Unexpected(done.error());
  return memory;
}

std::vector<std::byte> DeviceProblem::arguments(const Launch &launch) const {
  const Problem &problem = launch.problem;
  const auto value = [&](ArgumentId id) -> std::uint64_t {
    switch (id) {
    case ArgumentId::kA:
      return a_.address() + operand_offset_;
    case ArgumentId::kB:
      return b_.address() + operand_offset_;
    case ArgumentId::kC:
      return c_.address();
    case ArgumentId::kBias:
      return bias_.address();
    case ArgumentId::kWorkspace:
      return workspace_.address();
    case ArgumentId::kM:
      return static_cast<std::uint64_t>(problem.m);
    case ArgumentId::kN:
      return static_cast<std::uint64_t>(problem.n);
    case ArgumentId::kK:
      return static_cast<std::uint64_t>(problem.k);
    case ArgumentId::kSplits:
      return static_cast<std::uint64_t>(launch.splits);
    case ArgumentId::kLda:
      return static_cast<std::uint64_t>(rowStrideA(problem));
    case ArgumentId::kLdb:
      return static_cast<std::uint64_t>(rowStrideB(problem));
    case ArgumentId::kLdc:
      return static_cast<std::uint64_t>(rowStrideC(problem));
    }
    return 0;
  };
  std::vector<std::byte> bytes(static_cast<std::size_t>(kernelArgumentBytes(launch.config)));
  for (const KernelArgument &argument : kernelArguments(launch.config)) {
    const std::uint64_t bits = value(argument.id); // little-endian, like the device
    std::memcpy(bytes.data() + argument.offset, &bits, static_cast<std::size_t>(argument.size));
  }
  return bytes;
}

Expected<void> DeviceProblem::poisonOutputs() const {
  if (auto done = device_->poison(c_.address(), c_.bytes()); !done)
    return done;
  if (workspace_.bytes() <= counter_bytes_)
    return {};
  return device_->poison(workspace_.address() + counter_bytes_,
                         workspace_.bytes() - counter_bytes_);
}

Expected<std::uint64_t> DeviceProblem::countersLeft() const {
  std::vector<std::uint32_t> counters(counter_bytes_ / sizeof(std::uint32_t));
  if (counters.empty())
    return 0;
  if (auto done = device_->read(workspace_.address(), std::as_writable_bytes(std::span(counters)));
      !done)
    return Unexpected(done.error());
  return counters.size() - static_cast<std::size_t>(std::ranges::count(counters, 0u));
}

} // namespace gemmsmith::verify
