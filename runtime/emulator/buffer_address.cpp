// MUBUF addressing and range checking (CDNA4 ISA 9.1.5, 9.1.8).
//
// Choices where the manual leaves room:
// - NUM_RECORDS counts units of STRIDE if IDXEN is set and STRIDE is not zero, and bytes otherwise,
//   also in the combinations that 9.1.5.1 does not list.
// - The sum that is compared with NUM_RECORDS in bytes does not wrap at 32 bits.
// - The element of swizzled buffers has 4 bytes: the descriptor of GFX9 has no field for it.
#include "runtime/emulator/buffer_descriptor.h"
#include "runtime/emulator/lds.h"
#include "runtime/emulator/vector_address.h"

namespace gemmsmith::emulator {
namespace {

constexpr u64 kAddressMask = 0xffffffffffff; // 48 bits
constexpr u64 kSwizzleElement = 4;

constexpr std::array<u32, kLanes> kZeros{};

// Buffers whose address is more than stride * index + offset, or without a range.
void unusualAddresses(Wave &w, const Instruction &i, const BufferDescriptor &d, u64 bytes,
                      u64 start, const u32 *index, const u32 *offset, LaneAddresses &a) {
  if (d.swizzle && d.stride % kSwizzleElement)
    w.fault(i, "the stride of a swizzled buffer must be a multiple of 4 (CDNA4 ISA 9.1.5.2)");
  forLanes(w.exec, [&](int l) {
    u64 at_index = u64{index[l]} + (d.add_tid ? static_cast<u64>(l) : 0);
    u64 in_record = u64{offset[l]} + static_cast<u64>(i.offset);
    if (d.swizzle) {
      u64 in_element = in_record % kSwizzleElement;
      if (in_element + bytes > kSwizzleElement)
        w.fault(i, "accesses more than one element of a swizzled buffer (CDNA4 ISA 9.1.5.2)", l);
      u64 group = at_index / d.index_stride, in_group = at_index % d.index_stride;
      u64 element = in_record / kSwizzleElement;
      a.address[l] = start + (group * d.stride + element * kSwizzleElement) * d.index_stride +
                     in_group * kSwizzleElement + in_element;
    } else {
      a.address[l] = start + at_index * d.stride + in_record;
    }
    a.address[l] &= kAddressMask;
    if (d.unbound())
      a.in_range[l] = 0;
    else if (d.add_tid && !i.idxen) // private buffers have no range
      a.in_range[l] = ~u64{0};
    else if (i.idxen && d.stride)
      a.in_range[l] = at_index < d.records ? ~u64{0} : 0;
    else
      a.in_range[l] = in_record < d.records ? d.records - in_record : 0;
  });
}

} // namespace

BufferDescriptor bufferDescriptor(Wave &w, const Instruction &i) {
  u64 low = w.scalar64(i, i.scalar_base);
  u64 high = w.scalar64(i, static_cast<u16>(i.scalar_base + 2));
  if (high >> 62)
    w.fault(i, "the descriptor's type is not that of a buffer");
  BufferDescriptor d;
  d.base = low & kAddressMask;
  d.stride = low >> 48 & 0x3fff;
  d.records = high & 0xffffffff;
  d.swizzle = low >> 63;
  d.add_tid = high >> 55 & 1;
  d.index_stride = 8u << (high >> 53 & 3);
  d.number_format = high >> 44 & 7;
  d.data_format = high >> 47 & 15;
  for (std::size_t c = 0; c < 4; ++c)
    d.select[c] = high >> (32 + 3 * c) & 7;
  return d;
}

LaneAddresses bufferAddresses(Wave &w, const Instruction &i, int bytes) {
  LaneAddresses a;
  a.space = AddressSpace::kBuffer;
  BufferDescriptor d = bufferDescriptor(w, i);
  bool formatted = i.opcode < 16 || i.opcode == 38 || i.opcode == 39; // buffer_*_format_*
  if (d.add_tid && !formatted)
    d.stride |= u64{d.data_format} << 14;
  u64 start = d.base + w.scalar32(i, i.scalar_offset);
  const u32 *index = kZeros.data(), *offset = kZeros.data();
  auto next = i.address;
  if (i.idxen)
    index = w.readVgpr(i, next++, w.exec);
  if (i.offen)
    offset = w.readVgpr(i, next, w.exec);
  if (d.swizzle || d.add_tid || d.unbound()) [[unlikely]] {
    unusualAddresses(w, i, d, static_cast<u64>(bytes), start, index, offset, a);
    return a;
  }
  // The LDS form adds its offset to the LDS address as well (CDNA4 ISA 10.3).
  auto fixed = static_cast<u64>(i.offset);
  if (i.idxen && d.stride) {
    for (int l = 0; l < kLanes; ++l) {
      a.address[l] = (start + index[l] * d.stride + offset[l] + fixed) & kAddressMask;
      a.in_range[l] = index[l] < d.records ? ~u64{0} : 0;
    }
  } else {
    for (int l = 0; l < kLanes; ++l) {
      u64 in_record = offset[l] + fixed;
      a.address[l] = (start + in_record) & kAddressMask;
      a.in_range[l] = in_record < d.records ? d.records - in_record : 0;
    }
  }
  return a;
}

} // namespace gemmsmith::emulator
