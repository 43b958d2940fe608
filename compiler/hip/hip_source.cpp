#include "compiler/hip/hip_source.h"

#include "compiler/hip/prelude.h"
#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"

#include "mlir/Target/Cpp/CppEmitter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gemmsmith::hip {
namespace {

// As the caller sees an argument.
std::string kernelParameterType(const KernelArgument &argument, const KernelConfig &config) {
  switch (argument.id) {
  case ArgumentId::kA:
  case ArgumentId::kB:
  case ArgumentId::kBias:
    return "const GLOBAL bf16 *";
  case ArgumentId::kC:
    return config.out_type == DataType::kF32 ? "GLOBAL float *" : "GLOBAL bf16 *";
  case ArgumentId::kWorkspace:
    return "GLOBAL void *";
  default:
    return argument.size == 8 ? "uint64_t " : "uint32_t ";
  }
}

// As the function of a workgroup sees it: bytes of a known address space. Other workgroups write
// the workspace while this one reads it, so that is not restricted.
std::string workgroupParameterType(const KernelArgument &argument) {
  switch (argument.id) {
  case ArgumentId::kA:
  case ArgumentId::kB:
  case ArgumentId::kBias:
  case ArgumentId::kC:
    return "global_ptr __restrict__";
  case ArgumentId::kWorkspace:
    return "global_ptr";
  default:
    return argument.size == 8 ? "uint64_t" : "uint32_t";
  }
}

std::string launchComment(const KernelConfig &config) {
  std::string text = fmt::format("// {}\n//\n", kernelName(config));
  text += fmt::format(
      "//   C[M,N] = A[M,K] * B[N,K]^T{}, {} in, {} out, row-major, fp32 sums\n//\n",
      config.bias ? " + bias[N]" : "", toString(config.in_type), toString(config.out_type));
  text += fmt::format("//   tile       {} x {} of C, K in steps of {}, {} stages in LDS\n",
                      config.tile.m, config.tile.n, config.tile.k, config.stages);
  text += fmt::format("//   waves      {} along M, {} along N, {} along K\n", config.waves.m,
                      config.waves.n, config.waves.k);
  text +=
      fmt::format("//   grid       ceil(M / {}) * ceil(N / {}) x {} x 1 workgroups\n",
                  config.tile.m, config.tile.n, config.split == Split::kReduce ? "splits" : "1");
  text += fmt::format("//   block      {} x 1 x 1 threads\n", threadCount(config));
  text += fmt::format("//   LDS        {} bytes, static\n", ldsBytes(config));
  if (config.split == Split::kReduce)
    text += fmt::format(
        "//   workspace  T counters of 4 bytes, T = the grid's x, padded to {}: zero before the\n"
        "//              first launch, left zero; then T * splits * {} bytes of partial sums\n",
        kCounterAlignment, std::int64_t{config.tile.m} * config.tile.n * 4);
  text += fmt::format("//   rows       {}\n",
                      config.alignment == RowAlignment::k16Bytes
                          ? "A, B and their leading strides are multiples of 16 bytes, K of 8"
                          : "of any alignment");
  text += "//\n//   clang -x hip --offload-arch=gfx950 -nogpulib -nogpuinc -O3 -c FILE\n";
  return text;
}

// Rows of any alignment are copied through registers, by `lds`.
bool copiesPastRegisters(const KernelConfig &config) {
  return config.alignment == RowAlignment::k16Bytes;
}

// The kernel: it only declares LDS and hands on what it was given.
std::string kernelText(const KernelConfig &config) {
  std::vector<std::string> parameters;
  std::vector<std::string> handed_on;
  for (const KernelArgument &argument : kernelArguments(config)) {
    parameters.push_back(kernelParameterType(argument, config) + argument.name);
    handed_on.push_back(argument.kind == ArgumentKind::kGlobalBuffer
                            ? fmt::format("(global_ptr){}", argument.name)
                            : argument.name);
  }
  for (std::size_t i = handed_on.size(); i < workgroupParameters(config).size(); ++i)
    handed_on.push_back("(lds_ptr)lds");
  std::string attributes =
      fmt::format("global, amdgpu_flat_work_group_size({0}, {0})", threadCount(config));
  if (config.waves_per_eu)
    attributes += fmt::format(", amdgpu_waves_per_eu({})", config.waves_per_eu);
  return fmt::format("extern \"C\" __attribute__(({}))\n"
                     "void {}(\n    {}) {{\n"
                     "  static __attribute__((shared, aligned(1024))) char lds[{}];\n"
                     "  {}(\n      {});\n"
                     "}}\n",
                     attributes, kernelName(config), fmt::join(parameters, ",\n    "),
                     ldsBytes(config), workgroupFunction(config),
                     fmt::join(handed_on, ",\n      "));
}

// The translator numbers values: v1, v2, ... Only parameters are left without a name of their own.
std::string nameParameters(llvm::StringRef text, const std::vector<Parameter> &parameters) {
  std::string named;
  for (std::size_t at = 0; at < text.size();) {
    const bool starts =
        text[at] == 'v' && (at == 0 || !(llvm::isAlnum(text[at - 1]) || text[at - 1] == '_'));
    const llvm::StringRef digits = text.drop_front(at + 1).take_while(llvm::isDigit);
    std::size_t number = 0;
    if (!starts || digits.getAsInteger(10, number) || number == 0 || number > parameters.size()) {
      named += text[at++];
      continue;
    }
    named += parameters[number - 1].name;
    at += 1 + digits.size();
  }
  return named;
}

// One parameter a line; the translator writes all of them into one.
std::string breakParameters(std::string text) {
  const std::size_t begin = text.find('(') + 1;
  for (std::size_t at = begin; text.compare(at, 3, ") {") != 0; ++at)
    if (text.compare(at, 2, ", ") == 0)
      text.replace(at, 2, ",\n    ");
  text.insert(begin, "\n    ");
  return text;
}

} // namespace

std::string workgroupFunction(const KernelConfig &config) {
  return kernelName(config) + "_workgroup";
}

std::vector<Parameter> workgroupParameters(const KernelConfig &config) {
  std::vector<Parameter> parameters;
  for (const KernelArgument &argument : kernelArguments(config))
    parameters.push_back({workgroupParameterType(argument), argument.name});
  if (copiesPastRegisters(config))
    parameters.push_back({"lds_ptr __restrict__", kLdsCopies});
  parameters.push_back({"lds_ptr __restrict__", kLds});
  return parameters;
}

mlir::FailureOr<std::string> printHipSource(mlir::ModuleOp module, const KernelConfig &config) {
  std::string function;
  llvm::raw_string_ostream stream(function);
  if (mlir::failed(mlir::emitc::translateToCpp(module, stream)))
    return mlir::failure();
  return launchComment(config) + "\n" + prelude() + "\nnamespace gemmsmith {\n\n" +
         breakParameters(nameParameters(function, workgroupParameters(config))) +
         kernelText(config) + "\n} // namespace gemmsmith\n";
}

} // namespace gemmsmith::hip
