#include "tests/runtime/emulator/feed_bytes.h"

#include "runtime/code_object.h"
#include "runtime/emulator/decode.h"
#include "runtime/emulator/device.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace gemmsmith::emulator {
namespace {

constexpr std::uint64_t kLimit = 2000; // instructions of a wave

// Stops the program where a promise does not hold, so that a fuzzer sees it.
void demand(bool holds, const char *promise) {
  if (holds)
    return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

template <typename T> T take(std::span<const std::byte> &bytes) {
  T value{};
  std::size_t size = std::min(sizeof value, bytes.size());
  std::ranges::copy(bytes.first(size), std::as_writable_bytes(std::span(&value, 1)).begin());
  bytes = bytes.subspan(size);
  return value;
}

Checks checksOf(std::uint16_t mask) {
  Checks checks;
  for (std::size_t c = 0; c < kCheckCount; ++c)
    checks.set(static_cast<Check>(c), !(mask >> c & 1));
  return checks;
}

void launch(Device &device, const Module &module, std::string_view kernel,
            const LaunchParameters &parameters) {
  auto report = device.run(module, kernel, parameters);
  if (!report)
    return demand(!report.error().message.empty(), "a refused launch says why");
  demand(!report->error || !report->error->message.empty(), "an error says something");
  for (const Finding &finding : report->findings)
    demand(!finding.message.empty() && !finding.instruction.empty(), "a finding says something");
}

} // namespace

void feedCodeObject(std::span<const std::byte> bytes) {
  auto object = parseCodeObject(bytes);
  if (!object)
    return demand(!object.error().message.empty(), "a refused code object says why");
  Device device({.threads = 1, .checks = Checks(), .instruction_limit = kLimit});
  auto module = device.load(bytes);
  if (!module)
    return demand(!module.error().message.empty(), "a refused code object says why");
  for (const Kernel &kernel : object->kernels) {
    LaunchParameters parameters;
    parameters.grid = {2};
    parameters.block = {64};
    std::vector<std::byte> arguments(
        std::min<std::uint32_t>(kernel.metadata.explicitArgumentBytes(), 1 << 16));
    parameters.arguments = arguments;
    launch(device, **module, kernel.metadata.name, parameters);
  }
}

void feedCode(std::span<const std::byte> bytes, std::span<const std::byte> blank) {
  auto block = take<std::uint8_t>(bytes), grid = take<std::uint8_t>(bytes);
  Checks checks = checksOf(take<std::uint16_t>(bytes));
  (void)take<std::uint32_t>(bytes);
  std::vector<std::byte> object(blank.begin(), blank.end());
  // The code lies where the kernel's first of many s_nop instructions is.
  constexpr std::uint32_t kNop = 0xbf800000;
  std::vector<std::uint32_t> nops(64, kNop);
  const auto *pattern = reinterpret_cast<const std::byte *>(nops.data());
  auto at = std::search(object.begin(), object.end(), pattern, pattern + nops.size() * 4);
  demand(at != object.end(), "the blank kernel is blank");
  std::size_t size = std::min<std::size_t>(bytes.size() / 4 * 4, 512 * 4);
  std::copy_n(bytes.begin(), size, at);

  std::vector<std::uint32_t> words(size / 4);
  std::ranges::copy(bytes.first(size), std::as_writable_bytes(std::span(words)).begin());
  const std::vector<Instruction> code = decodeAll(words);
  for (std::size_t n = block % 8; n < code.size(); n += 8) // one of eight: texts take their time
    demand(!text(code[n]).empty(), "every word has a text");

  Device device({.threads = 1, .checks = checks, .instruction_limit = kLimit});
  auto module = device.load(object);
  demand(module.has_value(), "the blank kernel loads whatever its code is");
  auto buffer = device.allocate(4096);
  demand(buffer.has_value(), "there is memory");
  std::vector<std::byte> contents(2048, std::byte{0x5a});
  (void)device.write(*buffer, contents);
  std::uint64_t arguments[3] = {*buffer, *buffer + 1024, 7};
  LaunchParameters parameters;
  parameters.block = {1u + block};
  parameters.grid = {1u + grid % 3u, 1u + grid / 3u % 3u, 1};
  parameters.arguments = std::as_bytes(std::span(arguments)).first(20);
  launch(device, **module, "blank", parameters);
}

void feedLaunch(std::span<const std::byte> bytes, std::span<const std::byte> object) {
  Device device({.threads = 2, .checks = Checks(), .instruction_limit = kLimit});
  auto module = device.load(object);
  demand(module.has_value(), "the object loads");
  auto parsed = parseCodeObject(object);
  LaunchParameters parameters;
  auto number = [&]() -> std::uint32_t {
    // Small numbers, and now and then any.
    auto kind = take<std::uint8_t>(bytes);
    return kind < 200 ? kind % 80u : take<std::uint32_t>(bytes);
  };
  parameters.grid = {number(), number(), number()};
  parameters.block = {number(), number(), number()};
  parameters.dynamic_lds_bytes = number();
  std::vector<std::uint64_t> workgroups;
  auto count = take<std::uint8_t>(bytes) % 8 + 1;
  for (int n = 0; n < count; ++n)
    workgroups.push_back(number());
  parameters.workgroups = workgroups; // never all of an absurd grid
  std::vector<std::byte> arguments(bytes.begin(), bytes.end());
  parameters.arguments = arguments;
  for (const Kernel &kernel : parsed->kernels)
    launch(device, **module, kernel.metadata.name, parameters);
}

} // namespace gemmsmith::emulator
