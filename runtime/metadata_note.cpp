// Reading the MessagePack map of a code object's metadata note.
#include "runtime/metadata_note.h"

#include "runtime/byte_reader.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace gemmsmith {
namespace {

using Json = nlohmann::json;

ArgumentValueKind valueKind(const std::string &name) {
  using K = ArgumentValueKind;
  static const std::map<std::string, K> kinds = {
      {"by_value", K::kByValue},
      {"global_buffer", K::kGlobalBuffer},
      {"dynamic_shared_pointer", K::kDynamicSharedPointer},
      {"hidden_block_count_x", K::kHiddenBlockCountX},
      {"hidden_block_count_y", K::kHiddenBlockCountY},
      {"hidden_block_count_z", K::kHiddenBlockCountZ},
      {"hidden_group_size_x", K::kHiddenGroupSizeX},
      {"hidden_group_size_y", K::kHiddenGroupSizeY},
      {"hidden_group_size_z", K::kHiddenGroupSizeZ},
      {"hidden_remainder_x", K::kHiddenRemainderX},
      {"hidden_remainder_y", K::kHiddenRemainderY},
      {"hidden_remainder_z", K::kHiddenRemainderZ},
      {"hidden_global_offset_x", K::kHiddenGlobalOffsetX},
      {"hidden_global_offset_y", K::kHiddenGlobalOffsetY},
      {"hidden_global_offset_z", K::kHiddenGlobalOffsetZ},
      {"hidden_grid_dims", K::kHiddenGridDims},
      {"hidden_dynamic_lds_size", K::kHiddenDynamicLdsSize},
      {"hidden_private_base", K::kHiddenPrivateBase},
      {"hidden_shared_base", K::kHiddenSharedBase},
      {"hidden_queue_ptr", K::kHiddenQueuePtr}};
  auto it = kinds.find(name);
  if (it != kinds.end())
    return it->second;
  return name.starts_with("hidden_") ? K::kHiddenOther : K::kOther;
}

std::uint32_t number(const Json &map, const char *key) {
  auto it = map.find(key);
  if (it == map.end() || !it->is_number_integer())
    return 0;
  auto value = it->is_number_unsigned()
                   ? it->get<std::uint64_t>()
                   : static_cast<std::uint64_t>(std::max<std::int64_t>(0, it->get<std::int64_t>()));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

std::string text(const Json &map, const char *key) {
  auto it = map.find(key);
  return it != map.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

KernelMetadata readKernelMetadata(const Json &map) {
  KernelMetadata kernel;
  kernel.name = text(map, ".name");
  kernel.symbol = text(map, ".symbol");
  kernel.group_segment_bytes = number(map, ".group_segment_fixed_size");
  kernel.private_segment_bytes = number(map, ".private_segment_fixed_size");
  kernel.kernarg_bytes = number(map, ".kernarg_segment_size");
  kernel.kernarg_alignment = number(map, ".kernarg_segment_align");
  kernel.wavefront_size = number(map, ".wavefront_size");
  kernel.vgprs = number(map, ".vgpr_count");
  kernel.agprs = number(map, ".agpr_count");
  kernel.sgprs = number(map, ".sgpr_count");
  kernel.vgpr_spills = number(map, ".vgpr_spill_count");
  kernel.sgpr_spills = number(map, ".sgpr_spill_count");
  kernel.max_workgroup_size = number(map, ".max_flat_workgroup_size");
  if (auto it = map.find(".uses_dynamic_stack"); it != map.end() && it->is_boolean())
    kernel.uses_dynamic_stack = it->get<bool>();
  if (auto it = map.find(".reqd_workgroup_size");
      it != map.end() && it->is_array() && it->size() == 3) {
    std::array<std::uint32_t, 3> block{};
    for (std::size_t i = 0; i < 3; ++i)
      block[i] = (*it)[i].is_number_unsigned() ? (*it)[i].get<std::uint32_t>() : 0;
    kernel.required_block = block;
  }
  if (auto it = map.find(".args"); it != map.end() && it->is_array()) {
    for (const Json &entry : *it) {
      if (!entry.is_object())
        continue;
      ArgumentMetadata argument;
      argument.name = text(entry, ".name");
      argument.offset = number(entry, ".offset");
      argument.size = number(entry, ".size");
      argument.value_kind_name = text(entry, ".value_kind");
      argument.value_kind = valueKind(argument.value_kind_name);
      kernel.arguments.push_back(std::move(argument));
    }
  }
  return kernel;
}

// nlohmann recurses per nesting level; real metadata has four. A byte can open a level, so the
// check walks the headers without recursion and refuses deep input before the library sees it.
bool nestsTooDeep(std::span<const std::byte> bytes) {
  constexpr std::size_t kMaxDepth = 32;
  std::vector<std::uint64_t> remaining; // items still to come on each open level
  std::uint64_t position = 0;
  auto take = [&](int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width && position < bytes.size(); ++i)
      value = value << 8 | std::to_integer<std::uint64_t>(bytes[position++]);
    return value;
  };
  while (position < bytes.size()) {
    auto tag = static_cast<unsigned>(take(1));
    std::uint64_t skip = 0, items = 0;
    if (tag >= 0x80 && tag <= 0x8f)
      items = (tag & 0xf) * 2;
    else if (tag >= 0x90 && tag <= 0x9f)
      items = tag & 0xf;
    else if (tag >= 0xa0 && tag <= 0xbf)
      skip = tag & 0x1f;
    else if (tag == 0xdc || tag == 0xdd)
      items = take(tag == 0xdc ? 2 : 4);
    else if (tag == 0xde || tag == 0xdf)
      items = take(tag == 0xde ? 2 : 4) * 2;
    else if (tag == 0xc4 || tag == 0xd9)
      skip = take(1);
    else if (tag == 0xc5 || tag == 0xda)
      skip = take(2);
    else if (tag == 0xc6 || tag == 0xdb)
      skip = take(4);
    else if (tag >= 0xc7 && tag <= 0xc9)
      skip = take(1 << (tag - 0xc7)) + 1;
    else if (tag == 0xcc || tag == 0xd0)
      skip = 1;
    else if (tag == 0xcd || tag == 0xd1)
      skip = 2;
    else if (tag == 0xca || tag == 0xce || tag == 0xd2)
      skip = 4;
    else if (tag == 0xcb || tag == 0xcf || tag == 0xd3)
      skip = 8;
    else if (tag >= 0xd4 && tag <= 0xd8)
      skip = (1u << (tag - 0xd4)) + 1;
    position = skip > bytes.size() - position ? bytes.size() : position + skip;
    if (items) {
      remaining.push_back(items);
      if (remaining.size() > kMaxDepth)
        return true;
      continue;
    }
    while (!remaining.empty() && --remaining.back() == 0)
      remaining.pop_back();
    if (remaining.empty())
      return false;
  }
  return false;
}

} // namespace

bool ArgumentMetadata::hidden() const {
  return value_kind_name.starts_with("hidden_");
}

std::uint32_t KernelMetadata::explicitArgumentBytes() const {
  std::uint64_t end = 0;
  for (const ArgumentMetadata &argument : arguments)
    if (!argument.hidden())
      end = std::max(end, std::uint64_t{argument.offset} + argument.size);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(end, UINT32_MAX));
}

Expected<MetadataNote> readMetadataNote(std::span<const std::byte> bytes) {
  if (nestsTooDeep(bytes))
    return damagedCodeObject("its metadata nests too deep");
  const auto *begin = reinterpret_cast<const std::uint8_t *>(bytes.data());
  Json root = Json::from_msgpack(begin, begin + bytes.size(), true, false);
  if (!root.is_object())
    return damagedCodeObject("its metadata note is not a MessagePack map");
  MetadataNote note;
  note.target_id = text(root, "amdhsa.target");
  auto it = root.find("amdhsa.kernels");
  if (it == root.end())
    return note;
  if (!it->is_array())
    return damagedCodeObject("'amdhsa.kernels' of its metadata is not a list");
  // A byte can describe a kernel, which takes hundreds here.
  constexpr std::size_t kMaxKernels = 1 << 16;
  if (it->size() > kMaxKernels)
    return damagedCodeObject("too many kernels");
  for (const Json &entry : *it) {
    if (!entry.is_object())
      return damagedCodeObject("a kernel of its metadata is not a map");
    note.kernels.push_back(readKernelMetadata(entry));
  }
  return note;
}

} // namespace gemmsmith
