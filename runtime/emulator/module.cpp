// Loading a code object: target, segments, relocations, code, in this order.
#include "runtime/emulator/module.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/memory.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;
constexpr std::size_t kMaxCodeDwords = std::size_t{4} << 20; // decoded, 2^22 take half a GiB
// Between executable segments; what lies there takes as much as code does.
constexpr std::uint64_t kMaxGapBytes = std::uint64_t{1} << 20;

// The rules of target IDs: the processor must be this one or the generic one that LLVM's guide
// lists for it, and a feature that the code was made for must be as the device has it.
Expected<void> checkTarget(const CodeObject &object) {
  bool processor = object.target == "gfx950" || object.target == "gfx9-4-generic";
  if (processor && object.xnack != TargetFeature::kOn && object.sramecc != TargetFeature::kOff)
    return {};
  std::string target = object.target;
  if (object.sramecc == TargetFeature::kOn || object.sramecc == TargetFeature::kOff)
    target += object.sramecc == TargetFeature::kOn ? ":sramecc+" : ":sramecc-";
  if (object.xnack == TargetFeature::kOn || object.xnack == TargetFeature::kOff)
    target += object.xnack == TargetFeature::kOn ? ":xnack+" : ":xnack-";
  return makeError(ErrorKind::kInput,
                   fmt::format("the code object is for {}, the emulated device is a {}", target,
                               processor ? kDeviceTarget : "gfx950"));
}

// The relocations that a loader of AMDHSA objects knows (LLVM's guide, "Relocation Records"; of
// these, lld leaves ABS64 and RELATIVE64 in what it links).
Expected<void> relocate(const Relocation &r, DevicePointer base, const Allocation &image) {
  auto refuse = [&](std::string what) {
    return makeError(ErrorKind::kInput, fmt::format("the relocation at {:#x} {}", r.address, what));
  };
  enum : std::uint32_t {
    kAbs32Low = 1,
    kAbs32High = 2,
    kAbs64 = 3,
    kRel32 = 4,
    kRel64 = 5,
    kAbs32 = 6,
    kRel32Low = 10,
    kRel32High = 11,
    kRelative64 = 13
  };
  std::uint64_t symbol = 0; // an undefined weak symbol is at 0
  if (r.symbol_defined)
    symbol = base + r.symbol_address;
  else if (r.type != kRelative64 && !r.symbol_weak)
    return makeError(ErrorKind::kInput, fmt::format("symbol '{}' is undefined", r.symbol));
  std::uint64_t absolute = symbol + static_cast<std::uint64_t>(r.addend);
  std::uint64_t relative = absolute - (base + r.address);
  std::uint64_t value = 0;
  std::size_t size = 4;
  switch (r.type) {
  case kAbs64:
    value = absolute;
    size = 8;
    break;
  case kRelative64:
    value = base + static_cast<std::uint64_t>(r.addend);
    size = 8;
    break;
  case kRel64:
    value = relative;
    size = 8;
    break;
  case kAbs32Low:
    value = absolute;
    break;
  case kAbs32High:
    value = absolute >> 32;
    break;
  case kAbs32:
    if (absolute >> 32)
      return refuse(fmt::format("needs {:#x} in 32 bits", absolute));
    value = absolute;
    break;
  case kRel32:
  case kRel32Low:
    value = relative;
    break;
  case kRel32High:
    value = relative >> 32;
    break;
  default:
    return refuse(fmt::format("is of type {}, which is not supported", r.type));
  }
  if (r.address > image.bytes() || image.bytes() - r.address < size)
    return refuse("lies outside the image");
  std::memcpy(image.host(base + r.address), &value, size);
  return {};
}

// Code is decoded from memory, for relocations may have changed it.
Expected<void> decodeCode(Module &module, const Allocation &image) {
  struct Part {
    std::uint64_t address, dwords;
  };
  std::vector<Part> parts; // ascending, as the segments are
  for (const Segment &segment : module.object.segments) {
    std::uint64_t first = (segment.address + 3) / 4,
                  last = segment.address + segment.contents.size();
    if (segment.executable && last / 4 > first)
      parts.push_back({first * 4, last / 4 - first});
  }
  if (parts.empty())
    return {};
  std::uint64_t begin = parts.front().address, end = begin;
  for (const Part &part : parts) {
    if (part.address - end > kMaxGapBytes)
      return makeError(ErrorKind::kInput, "the code's segments lie too far apart");
    end = part.address + part.dwords * 4;
    if ((end - begin) / 4 > kMaxCodeDwords)
      return makeError(ErrorKind::kInput,
                       fmt::format("{} bytes of code are too many", end - begin));
  }
  module.code_start = begin;
  module.code.resize((end - begin) / 4);
  for (std::size_t n = 0; n < module.code.size(); ++n)
    module.code[n].address_dwords = static_cast<std::uint32_t>(n);
  for (const Part &part : parts) {
    std::vector<std::uint32_t> words(part.dwords);
    std::memcpy(words.data(), image.host(module.base + part.address), part.dwords * 4);
    std::uint64_t at = (part.address - begin) / 4;
    for (Instruction &i : decodeAll(words)) {
      i.address_dwords = static_cast<std::uint32_t>(at);
      module.code[at++] = i;
    }
  }
  return {};
}

} // namespace

Expected<void> loadModule(Module &module, DeviceMemory &memory) {
  auto object = parseCodeObject(module.file);
  if (!object)
    return tl::unexpected(object.error());
  module.object = std::move(*object);
  if (auto ok = checkTarget(module.object); !ok)
    return ok;

  std::uint64_t bytes = 0;
  for (const Segment &segment : module.object.segments)
    bytes = std::max(bytes, segment.address + segment.memory_bytes);
  if (bytes > kMaxImageBytes)
    return makeError(ErrorKind::kInput, fmt::format("an image of {} bytes is too large", bytes));
  auto base = memory.allocate(bytes, 4096);
  if (!base)
    return tl::unexpected(base.error());
  module.base = *base;
  auto view = memory.view();
  const Allocation *image = view->find(*base, bytes);
  for (const Segment &segment : module.object.segments) {
    if (!segment.contents.empty())
      std::memcpy(image->host(*base + segment.address), segment.contents.data(),
                  segment.contents.size());
    image->markRange(*base + segment.address, segment.memory_bytes, true);
  }
  for (const Relocation &r : module.object.relocations)
    if (auto ok = relocate(r, *base, *image); !ok)
      return ok;
  return decodeCode(module, *image);
}

} // namespace gemmsmith::emulator
