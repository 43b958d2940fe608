#include "compiler/llvm/code_generator.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

namespace gemmsmith {
namespace {

// Implicit inputs that our kernels never read; saying so frees registers, where LLVM makes use of
// it, and keeps hidden arguments out of the metadata (LLVM AMDGPUUsage, "amdgpu-no-*").
constexpr const char *kUnusedInputs[] = {
    "amdgpu-no-completion-action",  "amdgpu-no-default-queue",     "amdgpu-no-dispatch-id",
    "amdgpu-no-dispatch-ptr",       "amdgpu-no-flat-scratch-init", "amdgpu-no-heap-ptr",
    "amdgpu-no-hostcall-ptr",       "amdgpu-no-implicitarg-ptr",   "amdgpu-no-lds-kernel-id",
    "amdgpu-no-multigrid-sync-arg", "amdgpu-no-queue-ptr",         "amdgpu-no-workgroup-id-z",
    "amdgpu-no-workitem-id-y",      "amdgpu-no-workitem-id-z",
};

// Up to so many fp32 sums per lane leave room for everything else in the 256 ordinary vector
// registers; keeping them there saves copies to and from the accumulation registers.
constexpr int kSumsWithoutAccumulationRegisters = 128;

void addKernelAttributes(llvm::Function &function, const KernelConfig &config) {
  const std::string threads = std::to_string(threadCount(config));
  function.addFnAttr("amdgpu-flat-work-group-size", threads + "," + threads);
  function.addFnAttr("uniform-work-group-size", "true");
  function.addFnAttr("target-cpu", toString(config.target));
  if (config.tile.m * config.tile.n / threadCount(config) * config.waves.k <=
      kSumsWithoutAccumulationRegisters)
    function.addFnAttr("amdgpu-agpr-alloc", "0");
  if (config.waves_per_eu)
    function.addFnAttr("amdgpu-waves-per-eu", std::to_string(config.waves_per_eu));
  for (const char *input : kUnusedInputs)
    function.addFnAttr(input);
  function.addFnAttr(llvm::Attribute::NoUnwind);

  // The code object's metadata takes argument names from here.
  for (auto [argument, value] : llvm::zip(kernelArguments(config), function.args())) {
    value.setName(argument.name);
    if (argument.kind != ArgumentKind::kGlobalBuffer)
      continue;
    // Other workgroups write the workspace while this one reads it.
    if (argument.id == ArgumentId::kWorkspace)
      continue;
    value.addAttr(llvm::Attribute::NoAlias);
    if (argument.id != ArgumentId::kC)
      value.addAttr(llvm::Attribute::ReadOnly);
  }
}

// Made once for each target: its tables of registers and their aliases fill as it is used.
Expected<llvm::TargetMachine *> targetMachine(Target target) {
  static std::map<Target, std::unique_ptr<llvm::TargetMachine>> machines;
  std::unique_ptr<llvm::TargetMachine> &machine = machines[target];
  if (machine)
    return machine.get();
  Expected<const llvm::Target *> registered = findTarget();
  if (!registered)
    return tl::unexpected(registered.error());
  machine.reset((*registered)
                    ->createTargetMachine(llvm::Triple(kTriple), toString(target), /*Features=*/"",
                                          llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
                                          llvm::CodeGenOptLevel::Default));
  return machine.get();
}

// Addresses come reduced from compiler/lowering/; looking for more takes these passes half of all
// code generation and costs registers. LLVM has only a command-line option for that, which lld
// resets, so it is set anew for each kernel.
void skipScalarPasses() {
  constexpr llvm::StringLiteral kName = "amdgpu-scalar-ir-passes";
  llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup(kName);
  if (!option)
    llvm::report_fatal_error("this LLVM has no option -amdgpu-scalar-ir-passes");
  option->reset();
  option->addOccurrence(/*pos=*/1, kName, "false");
}

} // namespace

Expected<const llvm::Target *> findTarget() {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTarget();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUAsmPrinter();
    LLVMInitializeAMDGPUDisassembler();
  });
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(llvm::Triple(kTriple), error);
  if (!target)
    return makeError(ErrorKind::kInternal, error);
  return target;
}

std::unique_ptr<llvm::Module> translateToLlvm(mlir::ModuleOp module, const KernelConfig &config,
                                              llvm::LLVMContext &context) {
  mlir::MLIRContext &mlir_context = *module.getContext();
  mlir::registerBuiltinDialectTranslation(mlir_context);
  mlir::registerLLVMDialectTranslation(mlir_context);
  mlir::registerROCDLDialectTranslation(mlir_context);
  const std::string name = kernelName(config);
  std::unique_ptr<llvm::Module> translated =
      mlir::translateModuleToLLVMIR(module, context, name, /*disableVerification=*/true);
  if (!translated)
    return nullptr;
  llvm::Function *function = translated->getFunction(name);
  addKernelAttributes(*function, config);
  return translated;
}

Expected<llvm::SmallVector<char, 0>> generateCode(llvm::Module &module, const KernelConfig &config,
                                                  OutputFile file) {
  Expected<llvm::TargetMachine *> machine = targetMachine(config.target);
  if (!machine)
    return tl::unexpected(machine.error());
  module.setTargetTriple(llvm::Triple(kTriple));
  module.setDataLayout((*machine)->createDataLayout());

  std::string broken;
  llvm::raw_string_ostream reasons(broken);
  if (llvm::verifyModule(module, &reasons))
    return makeError(ErrorKind::kInternal, "the generated LLVM IR is broken: " + broken,
                     kernelName(config));

  skipScalarPasses();
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  const auto type = file == OutputFile::kAssembly ? llvm::CodeGenFileType::AssemblyFile
                                                  : llvm::CodeGenFileType::ObjectFile;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, type, /*DisableVerify=*/true))
    return makeError(ErrorKind::kInternal, "LLVM cannot emit this kind of file");
  passes.run(module);
  return code;
}

} // namespace gemmsmith
