#include "tools/verify/kernel_run.h"

#include "configs/kernel_name.h"
#include "tools/verify/device_problem.h"
#include "tools/verify/output_map.h"
#include "tools/verify/random.h"
#include "tools/verify/reference.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <set>
#include <xxhash.h>

namespace gemmsmith::verify {
namespace {

using emulator::Device;
using emulator::DevicePointer;
using Unexpected = tl::unexpected<Error>;

Expected<std::shared_ptr<const Operands>> operandsOf(const GemmCase &test) {
  if (test.operands)
    return test.operands;
  return makeOperands(test.inputs, test.problem, test.seed).map([](Operands &&made) {
    return std::make_shared<const Operands>(std::move(made));
  });
}

// Linear ids of the workgroups to execute; all splits of a tile belong together.
std::vector<std::uint64_t> chooseWorkgroups(const Launch &launch, const GemmCase &test) {
  const std::uint64_t tiles = launch.grid.x;
  std::set<std::uint64_t> chosen;
  if (test.sampled_tiles == 0 || static_cast<std::uint64_t>(test.sampled_tiles) >= tiles) {
    for (std::uint64_t tile = 0; tile < tiles; ++tile)
      chosen.insert(tile);
  } else {
    Random random(test.seed, 0x74696c65);
    if (test.sampled_tiles > 1)
      chosen = {0, tiles - 1};
    while (chosen.size() < static_cast<std::uint64_t>(test.sampled_tiles))
      chosen.insert(random.below(tiles));
  }
  std::vector<std::uint64_t> workgroups;
  for (std::uint64_t split = 0; split < launch.grid.y; ++split)
    for (const std::uint64_t tile : chosen)
      workgroups.push_back(tile + split * tiles);
  return workgroups;
}

// The elements of the regions, one region after the other.
Expected<std::vector<std::vector<std::byte>>> readRegions(const Device &device,
                                                          const Problem &problem, DevicePointer c,
                                                          std::span<const Region> regions) {
  const auto element = static_cast<std::uint64_t>(sizeInBytes(problem.out_type));
  std::vector<std::vector<std::byte>> contents;
  for (const Region &region : regions) {
    const std::uint64_t row_bytes = static_cast<std::uint64_t>(region.columns) * element;
    std::vector<std::byte> bytes(static_cast<std::size_t>(region.rows) * row_bytes);
    for (std::int64_t row = 0; row < region.rows; ++row) {
      const auto at =
          static_cast<std::uint64_t>((region.row + row) * rowStrideC(problem) + region.column);
      const std::span into(bytes.data() + static_cast<std::uint64_t>(row) * row_bytes, row_bytes);
      if (auto done = device.read(c + at * element, into); !done)
        return Unexpected(done.error());
    }
    contents.push_back(std::move(bytes));
  }
  return contents;
}

std::uint64_t differingElements(std::span<const std::byte> a, std::span<const std::byte> b,
                                std::size_t element) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < a.size(); i += element)
    count += std::memcmp(a.data() + i, b.data() + i, element) != 0;
  return count;
}

std::uint64_t hashOf(std::span<const std::vector<std::byte>> regions) {
  std::uint64_t hash = 0;
  for (const std::vector<std::byte> &bytes : regions)
    hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
  return hash;
}

} // namespace

std::string GemmCase::str() const {
  std::string text = fmt::format("m={} n={} k={}", problem.m, problem.n, problem.k);
  if (splits != 1)
    text += fmt::format(" splits={}", splits);
  if (rowStrideA(problem) != problem.k)
    text += fmt::format(" lda={}", problem.lda);
  if (rowStrideB(problem) != problem.k)
    text += fmt::format(" ldb={}", problem.ldb);
  if (rowStrideC(problem) != problem.n)
    text += fmt::format(" ldc={}", problem.ldc);
  if (problem.pointer_alignment < 16)
    text += fmt::format(" aligned to {} bytes", problem.pointer_alignment);
  if (sampled_tiles > 0)
    text += fmt::format(", {} tiles", sampled_tiles);
  return text + fmt::format(", {}, seed {}", toString(inputs), seed);
}

std::string CaseResult::failure() const {
  if (!fault.empty())
    return fault;
  if (unwritten > 0)
    return fmt::format("{} elements of C were not written", unwritten);
  if (tiles_written != tiles)
    return fmt::format("{} tiles were executed but {} tiles of C were written", tiles,
                       tiles_written);
  if (comparison.mismatches > 0)
    return fmt::format("{} of {} elements are wrong: {}", comparison.mismatches,
                       comparison.elements, comparison.first_mismatch->str());
  if (stray_bytes > 0)
    return fmt::format("{} bytes between the rows of C were written", stray_bytes);
  if (differing > 0)
    return fmt::format("{} elements differ between two runs", differing);
  if (counters_left > 0)
    return fmt::format("{} workspace counters are not zero after the launch", counters_left);
  if (comparison.outside_tolerance > 0)
    return fmt::format("err_ratio is {:.3g}", comparison.errorRatio());
  return {};
}

Expected<CaseResult> runCase(Device &device, std::span<const std::byte> code_object,
                             const GemmCase &test, int threads) {
  const Expected<Launch> launch = planLaunch(test.config, test.problem, test.splits);
  if (!launch)
    return Unexpected(launch.error());
  const auto operands = operandsOf(test);
  if (!operands)
    return Unexpected(operands.error());
  const std::string name = kernelName(test.config);
  const auto module = device.load(code_object);
  if (!module)
    return makeError(module.error().kind, module.error().message, name);
  const Expected<DeviceProblem> memory = DeviceProblem::upload(device, *launch, **operands);
  if (!memory)
    return Unexpected(memory.error());

  const std::vector<std::byte> arguments = memory->arguments(*launch);
  std::vector<std::uint64_t> workgroups = chooseWorkgroups(*launch, test);
  const Problem &problem = launch->problem;

  CaseResult result;
  result.tiles = static_cast<std::int64_t>(workgroups.size() / launch->grid.y);
  const bool all_tiles = result.tiles == launch->grid.x;
  std::vector<std::vector<std::byte>> first;
  for (const bool second : {false, true}) {
    if (second) {
      if (auto done = memory->poisonOutputs(); !done)
        return Unexpected(done.error());
      // Another order of arrival must not change a bit.
      std::ranges::reverse(workgroups);
    }
    emulator::LaunchParameters parameters;
    parameters.grid = launch->grid;
    parameters.block = launch->block;
    parameters.arguments = arguments;
    parameters.workgroups = workgroups;
    const auto statistics = device.launch(**module, name, parameters);
    if (!statistics) {
      result.fault = statistics.error().str();
      return result;
    }
    result.statistics.workgroups += statistics->workgroups;
    result.statistics.wave_instructions += statistics->wave_instructions;
    result.statistics.mfma_flops += statistics->mfma_flops;
    result.statistics.seconds += statistics->seconds;

    const Expected<OutputMap> map = mapOutput(device, *launch, memory->c(), all_tiles);
    if (!map)
      return Unexpected(map.error());
    const Expected<std::uint64_t> counters = memory->countersLeft();
    if (!counters)
      return Unexpected(counters.error());
    auto contents = readRegions(device, problem, memory->c(), map->regions);
    if (!contents)
      return Unexpected(contents.error());
    result.counters_left = std::max(result.counters_left, *counters);
    result.unwritten = std::max(result.unwritten, map->unwritten);
    result.stray_bytes = std::max(result.stray_bytes, map->stray_bytes);
    if (!second) {
      result.tiles_written = map->tiles;
      const Criterion criterion =
          test.inputs == Inputs::kExactIntegers ? Criterion::kExact : Criterion::kBounded;
      for (std::size_t i = 0; i < map->regions.size(); ++i)
        result.comparison.add(compareOutput(criterion, problem.out_type, problem.k,
                                            computeReference(**operands, map->regions[i], threads),
                                            (*contents)[i]));
      first = std::move(*contents);
      result.output_hash = hashOf(first);
      continue;
    }
    if (contents->size() != first.size())
      result.differing = result.comparison.elements;
    for (std::size_t i = 0; i < std::min(first.size(), contents->size()); ++i)
      if (first[i].size() == (*contents)[i].size())
        result.differing += differingElements(
            first[i], (*contents)[i], static_cast<std::size_t>(sizeInBytes(problem.out_type)));
  }
  return result;
}

} // namespace gemmsmith::verify
