#include "tools/gemmsmith/launch_json.h"

#include "configs/kernel_name.h"

namespace gemmsmith {

namespace {

// Bytes from the first element to the last one of a row-major matrix.
std::int64_t spanBytes(std::int64_t rows, std::int64_t columns, std::int64_t stride,
                       DataType type) {
  return ((rows - 1) * stride + columns) * sizeInBytes(type);
}

OrderedJson dim3Json(const Dim3 &d) {
  return OrderedJson::array({d.x, d.y, d.z});
}

OrderedJson bufferJson(const char *role, const char *access, std::int64_t bytes) {
  return {{"buffer", role}, {"access", access}, {"bytes", bytes}};
}

OrderedJson argumentValueJson(ArgumentId id, const Launch &launch) {
  const Problem &p = launch.problem;
  switch (id) {
  case ArgumentId::kA:
    return bufferJson("A", "read", spanBytes(p.m, p.k, rowStrideA(p), p.in_type));
  case ArgumentId::kB:
    return bufferJson("B", "read", spanBytes(p.n, p.k, rowStrideB(p), p.in_type));
  case ArgumentId::kC:
    return bufferJson("C", "write", spanBytes(p.m, p.n, rowStrideC(p), p.out_type));
  case ArgumentId::kBias:
    return bufferJson("bias", "read", p.n * sizeInBytes(p.in_type));
  case ArgumentId::kWorkspace:
    return bufferJson("workspace", "read_write", launch.workspace_bytes);
  case ArgumentId::kM:
    return {{"value", p.m}};
  case ArgumentId::kN:
    return {{"value", p.n}};
  case ArgumentId::kK:
    return {{"value", p.k}};
  case ArgumentId::kSplits:
    return {{"value", launch.splits}};
  case ArgumentId::kLda:
    return {{"value", rowStrideA(p)}};
  case ArgumentId::kLdb:
    return {{"value", rowStrideB(p)}};
  case ArgumentId::kLdc:
    return {{"value", rowStrideC(p)}};
  }
  return {};
}

OrderedJson argumentJson(const KernelArgument &argument) {
  const bool by_value = argument.kind == ArgumentKind::kByValue;
  return {{"name", argument.name},
          {"kind", by_value ? "by_value" : "global_buffer"},
          {"offset", argument.offset},
          {"size", argument.size}};
}

// The arrival counters: the part of the workspace that is not partial tiles.
std::int64_t counterBytes(const Launch &launch) {
  if (launch.workspace_bytes == 0)
    return 0;
  const TileShape &tile = launch.config.tile;
  return launch.workspace_bytes - std::int64_t{launch.splits} * launch.grid.x * tile.m * tile.n * 4;
}

} // namespace

std::string objectFileName(const KernelConfig &config) {
  return kernelName(config) + ".co";
}

OrderedJson problemJson(const Problem &p) {
  return {{"m", p.m},
          {"n", p.n},
          {"k", p.k},
          {"lda", rowStrideA(p)},
          {"ldb", rowStrideB(p)},
          {"ldc", rowStrideC(p)},
          {"in_dtype", toString(p.in_type)},
          {"out_dtype", toString(p.out_type)},
          {"bias", p.bias}};
}

OrderedJson launchJson(const Launch &launch) {
  return {{"splits", launch.splits},
          {"grid", dim3Json(launch.grid)},
          {"block", dim3Json(launch.block)},
          {"lds_bytes", launch.lds_bytes},
          {"workspace_bytes", launch.workspace_bytes},
          {"workspace_zero_bytes", counterBytes(launch)}};
}

OrderedJson argumentLayoutJson(const KernelConfig &config) {
  OrderedJson list = OrderedJson::array();
  for (const KernelArgument &argument : kernelArguments(config))
    list.push_back(argumentJson(argument));
  return list;
}

OrderedJson argumentsJson(const Launch &launch) {
  OrderedJson list = OrderedJson::array();
  for (const KernelArgument &argument : kernelArguments(launch.config)) {
    OrderedJson entry = argumentJson(argument);
    entry.update(argumentValueJson(argument.id, launch));
    list.push_back(std::move(entry));
  }
  return list;
}

OrderedJson textOrNull(std::string_view text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

std::string dumpJson(const OrderedJson &document) {
  return document.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

} // namespace gemmsmith
