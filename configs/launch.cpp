#include "configs/launch.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <optional>
#include <string>

namespace gemmsmith {

namespace {

constexpr std::int64_t kMaxGridThreads = std::int64_t{1} << 32; // AQL dispatch packet: 32 bits

// Buffer offsets of 32 bits, less the sign that a scalar offset may carry.
constexpr std::int64_t kMaxTileBytes = std::int64_t{1} << 31;

std::int64_t ceilDiv(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::int64_t saturatingProduct(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max()
                                                : product;
}

std::int64_t saturatingSum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

using Reason = std::optional<std::string>;

// The problem itself: extents and strides.
Reason whyNoProblem(const Problem &p) {
  const auto extent = [](char name, std::int64_t value) -> Reason {
    if (1 <= value && value <= kMaxExtent)
      return std::nullopt;
    return fmt::format("{} is {}, it must be 1 to {}", name, value, kMaxExtent);
  };
  const auto stride = [](const char *name, std::int64_t value, std::int64_t row) -> Reason {
    if (value >= row)
      return std::nullopt;
    return fmt::format("{} is {}, less than a row of {} elements", name, value, row);
  };
  for (const Reason &reason :
       {extent('M', p.m), extent('N', p.n), extent('K', p.k), stride("lda", rowStrideA(p), p.k),
        stride("ldb", rowStrideB(p), p.k), stride("ldc", rowStrideC(p), p.n)})
    if (reason)
      return reason;
  return std::nullopt;
}

Reason whyNotThisKernel(const KernelConfig &c, const Problem &p) {
  if (c.in_type != p.in_type || c.out_type != p.out_type)
    return fmt::format("the kernel computes {} -> {}, the problem is {} -> {}", toString(c.in_type),
                       toString(c.out_type), toString(p.in_type), toString(p.out_type));
  if (c.bias != p.bias)
    return fmt::format("the kernel {} a bias, the problem {}", c.bias ? "adds" : "does not add",
                       p.bias ? "has one" : "has none");
  if (c.b_layout != p.b_layout)
    return "the kernel and the problem differ in the layout of B";
  return std::nullopt;
}

// What the 16-byte copies of the aligned path assume.
Reason whyNotAligned(const Problem &p) {
  if (p.pointer_alignment < 16)
    return fmt::format("A and B are aligned to {} bytes, the kernel needs 16", p.pointer_alignment);
  const std::int64_t lda = rowStrideA(p);
  const std::int64_t ldb = rowStrideB(p);
  if (lda % 8 != 0 || ldb % 8 != 0 || p.k % 8 != 0)
    return fmt::format("lda, ldb and K are {}, {} and {}, the kernel needs multiples of 8", lda,
                       ldb, p.k);
  return std::nullopt;
}

// A workgroup reaches its tile of each operand by 32-bit offsets from its first row.
Reason whyOutOfReach(const KernelConfig &c, const Problem &p) {
  const auto span = [](char name, std::int64_t rows, std::int64_t stride, DataType type) -> Reason {
    const std::int64_t bytes = saturatingProduct(rows * sizeInBytes(type), stride);
    if (bytes < kMaxTileBytes)
      return std::nullopt;
    return fmt::format("{} rows of {} span {} bytes, the kernel's offsets reach 2 GiB", rows, name,
                       bytes);
  };
  if (Reason reason = span('A', c.tile.m, rowStrideA(p), c.in_type))
    return reason;
  if (Reason reason = span('B', c.tile.n, rowStrideB(p), c.in_type))
    return reason;
  return span('C', c.tile.m, rowStrideC(p), c.out_type);
}

Reason whyNoDispatch(const KernelConfig &c, const Problem &p, int splits) {
  if (splits < 1 || splits > kMaxSplits)
    return fmt::format("the split count is {}, it must be 1 to {}", splits, kMaxSplits);
  if (c.split == Split::kNone && splits != 1)
    return fmt::format("the kernel does not split K, the split count is {}", splits);
  const std::int64_t tiles = ceilDiv(p.m, c.tile.m) * ceilDiv(p.n, c.tile.n);
  if (saturatingProduct(tiles, threadCount(c)) >= kMaxGridThreads)
    return fmt::format("{} tiles of {} threads exceed the 2^32 threads of a dispatch", tiles,
                       threadCount(c));
  return std::nullopt;
}

} // namespace

std::vector<KernelArgument> kernelArguments(const KernelConfig &c) {
  std::vector<KernelArgument> arguments;
  int end = 0;
  const auto add = [&](ArgumentId id, const char *name, ArgumentKind kind, int size) {
    const int offset = (end + size - 1) / size * size;
    arguments.push_back({id, name, kind, offset, size});
    end = offset + size;
  };
  add(ArgumentId::kA, "a", ArgumentKind::kGlobalBuffer, 8);
  add(ArgumentId::kB, "b", ArgumentKind::kGlobalBuffer, 8);
  add(ArgumentId::kC, "c", ArgumentKind::kGlobalBuffer, 8);
  if (c.bias)
    add(ArgumentId::kBias, "bias", ArgumentKind::kGlobalBuffer, 8);
  if (c.split == Split::kReduce)
    add(ArgumentId::kWorkspace, "workspace", ArgumentKind::kGlobalBuffer, 8);
  add(ArgumentId::kM, "m", ArgumentKind::kByValue, 4);
  add(ArgumentId::kN, "n", ArgumentKind::kByValue, 4);
  add(ArgumentId::kK, "k", ArgumentKind::kByValue, 4);
  if (c.split == Split::kReduce)
    add(ArgumentId::kSplits, "splits", ArgumentKind::kByValue, 4);
  add(ArgumentId::kLda, "lda", ArgumentKind::kByValue, 8);
  add(ArgumentId::kLdb, "ldb", ArgumentKind::kByValue, 8);
  add(ArgumentId::kLdc, "ldc", ArgumentKind::kByValue, 8);
  return arguments;
}

int kernelArgumentBytes(const KernelConfig &c) {
  const KernelArgument last = kernelArguments(c).back();
  return last.offset + last.size;
}

std::int64_t workspaceBytes(const KernelConfig &c, std::int64_t m, std::int64_t n, int splits) {
  if (c.split == Split::kNone)
    return 0;
  const std::int64_t tiles = saturatingProduct(ceilDiv(m, c.tile.m), ceilDiv(n, c.tile.n));
  const std::int64_t counters =
      saturatingProduct(ceilDiv(tiles, kCounterAlignment / kCounterBytes), kCounterAlignment);
  const std::int64_t partial = std::int64_t{c.tile.m} * c.tile.n;
  return saturatingSum(
      counters, saturatingProduct(saturatingProduct(tiles, partial), splits * std::int64_t{4}));
}

Expected<Launch> planLaunch(const KernelConfig &config, const Problem &problem, int splits) {
  const auto refuse = [&](std::string reason) {
    return makeError(ErrorKind::kIllegal, std::move(reason), kernelName(config));
  };
  const std::vector<std::string> issues = legalityIssues(config);
  if (!issues.empty())
    return refuse(fmt::format("{}", fmt::join(issues, "; ")));
  if (Reason reason = whyNoProblem(problem))
    return refuse(*reason);
  if (Reason reason = whyNotThisKernel(config, problem))
    return refuse(*reason);
  if (config.alignment == RowAlignment::k16Bytes)
    if (Reason reason = whyNotAligned(problem))
      return refuse(*reason);
  if (Reason reason = whyOutOfReach(config, problem))
    return refuse(*reason);
  if (Reason reason = whyNoDispatch(config, problem, splits))
    return refuse(*reason);

  Launch launch;
  launch.config = config;
  launch.problem = problem;
  launch.problem.lda = rowStrideA(problem);
  launch.problem.ldb = rowStrideB(problem);
  launch.problem.ldc = rowStrideC(problem);
  launch.splits = splits;
  const std::int64_t tiles = ceilDiv(problem.m, config.tile.m) * ceilDiv(problem.n, config.tile.n);
  launch.grid = {static_cast<std::uint32_t>(tiles), static_cast<std::uint32_t>(splits), 1};
  launch.block = {static_cast<std::uint32_t>(threadCount(config)), 1, 1};
  launch.lds_bytes = ldsBytes(config);
  launch.workspace_bytes = workspaceBytes(config, problem.m, problem.n, splits);
  return launch;
}

} // namespace gemmsmith
