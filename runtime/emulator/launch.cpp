// How a wave starts: what the kernel descriptor asks for (LLVM's guide, "Initial Kernel Execution
// State" and "Kernel Descriptor").
#include "runtime/emulator/workgroup.h"

#include <algorithm>

namespace gemmsmith::emulator {

void initializeWave(Wave &wave, const LaunchContext &context,
                    std::array<std::uint32_t, 3> position) {
  const KernelDescriptor &d = context.kernel->descriptor;
  // The register file is unified: the first accum_offset registers are VGPRs, the rest AGPRs.
  int total = d.vgprs(), offset = std::min(d.accumOffset(), total);
  wave.reset(std::min(offset, 256), std::min(total - offset, 256),
             context.checks.has(Check::kUninitialized), context.checks.needsOutstanding());
  wave.pc = context.entry;
  wave.mode = static_cast<std::uint32_t>(d.floatMode()) |
              static_cast<std::uint32_t>(d.dx10Clamp()) << 8 |
              static_cast<std::uint32_t>(d.ieeeMode()) << 9 |
              static_cast<std::uint32_t>(d.fp16Overflow()) << 23;

  std::size_t next = 0;
  auto push = [&](std::uint32_t value) {
    wave.sgpr[next] = value;
    wave.sgpr_defined[next] = ~0u;
    ++next;
  };
  auto push64 = [&](std::uint64_t value) {
    push(static_cast<std::uint32_t>(value));
    push(static_cast<std::uint32_t>(value >> 32));
  };
  // User SGPRs, in this order; a private segment buffer and the initial flat scratch, which have
  // places here too, are refused before any wave starts.
  if (d.dispatchPtr())
    push64(context.dispatch_packet);
  if (d.queuePtr())
    push64(context.queue);
  if (d.kernargSegmentPtr())
    push64(context.kernarg);
  if (d.dispatchId()) // the first packet of its queue
    push64(0);
  if (d.privateSegmentSize())
    push(context.scratch_bytes);
  for (int n = 0; n < d.preloadDwords() && next < static_cast<std::size_t>(d.userSgprs()); ++n) {
    std::size_t at = static_cast<std::size_t>(d.preloadOffsetDwords() + n) * 4;
    std::uint32_t value = 0;
    if (at + 4 <= context.kernarg_bytes.size())
      std::memcpy(&value, context.kernarg_bytes.data() + at, 4);
    push(value);
  }
  // System SGPRs follow the user SGPRs that the descriptor counts.
  next = static_cast<std::size_t>(d.userSgprs());
  if (d.workgroupIdX())
    push(position[0]);
  if (d.workgroupIdY())
    push(position[1]);
  if (d.workgroupIdZ())
    push(position[2]);
  if (d.workgroupInfo()) // first wave [31], waves of the workgroup [5:0]
    push(static_cast<std::uint32_t>(wave.index() == 0) << 31 |
         static_cast<std::uint32_t>(wave.workgroup().waves().size()));

  // Work-item ids, packed into v0: 10 bits each (gfx90a and later).
  const Dim3 &block = context.block;
  std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  std::uint64_t first = static_cast<std::uint64_t>(wave.index()) * kLanes;
  for (int l = 0; l < kLanes; ++l) {
    std::uint64_t t = first + static_cast<std::uint64_t>(l);
    if (t >= threads)
      break;
    wave.exec |= std::uint64_t{1} << l;
    auto x = static_cast<std::uint32_t>(t % block.x);
    auto y = static_cast<std::uint32_t>(t / block.x % block.y);
    auto z = static_cast<std::uint32_t>(t / block.x / block.y);
    int dimensions = d.workitemIdDimensions();
    wave.vgpr[0][static_cast<std::size_t>(l)] =
        x | (dimensions > 1 ? y << 10 : 0) | (dimensions > 2 ? z << 20 : 0);
  }
  wave.live_lanes = wave.exec;
  wave.ready[0] = kAllLanes; // hardware writes all lanes
  wave.scratch_bytes = context.scratch_bytes;
  wave.scratch.assign(std::size_t{wave.scratch_bytes} * kLanes, std::byte{0xcd});
  wave.scratch_written.assign(wave.scratch.size(), 0);
}

} // namespace gemmsmith::emulator
