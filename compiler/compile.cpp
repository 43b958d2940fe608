//===- compile.cpp - from a configuration to a code object ----------------===//

#include "compiler/compile.h"

#include "compiler/hip/hip_source.h"
#include "compiler/llvm/code_generator.h"
#include "compiler/llvm/linker.h"
#include "compiler/pipeline.h"
#include "compiler/spills.h"
#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "dialects/gemm/gemm.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

namespace gemmsmith {
namespace {

// One kernel on its way through the compiler.
class Compilation {
public:
  explicit Compilation(const KernelConfig &config)
      : config_(config), mlir_(mlir::MLIRContext::Threading::DISABLED),
        collect_(&mlir_, [this](mlir::Diagnostic &diagnostic) {
          diagnostics_ += diagnostic.str() + "\n";
          return mlir::success();
        }) {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir_.appendDialectRegistry(registry);
    mlir_.loadAllAvailableDialects();
  }

  // The module after the passes that lead to `stage`.
  Expected<mlir::ModuleOp> runPasses(Stage stage) {
    mlir::OpBuilder builder(&mlir_);
    module_ = mlir::ModuleOp::create(builder, builder.getUnknownLoc());
    builder.setInsertionPointToStart(module_->getBody());
    gemm::KernelOp::create(builder, builder.getUnknownLoc(), kernelName(config_),
                           gemm::ConfigAttr::get(&mlir_, config_));
    mlir::PassManager passes(&mlir_, mlir::ModuleOp::getOperationName());
    addPasses(passes, stage);
    if (mlir::failed(passes.run(*module_)))
      return makeError(ErrorKind::kInternal, diagnostics_, kernelName(config_));
    return *module_;
  }

  Expected<std::string> toHip() {
    Expected<mlir::ModuleOp> module = runPasses(Stage::kHip);
    if (!module)
      return tl::unexpected(module.error());
    mlir::FailureOr<std::string> source = hip::printHipSource(*module, config_);
    if (mlir::failed(source))
      return makeError(ErrorKind::kInternal, diagnostics_, kernelName(config_));
    return *source;
  }

  Expected<std::unique_ptr<llvm::Module>> toLlvm() {
    Expected<mlir::ModuleOp> module = runPasses(Stage::kLlvm);
    if (!module)
      return tl::unexpected(module.error());
    std::unique_ptr<llvm::Module> translated = translateToLlvm(*module, config_, llvm_);
    if (!translated)
      return makeError(ErrorKind::kInternal, diagnostics_, kernelName(config_));
    return translated;
  }

private:
  KernelConfig config_;
  mlir::MLIRContext mlir_;
  std::string diagnostics_;
  mlir::ScopedDiagnosticHandler collect_;
  mlir::OwningOpRef<mlir::ModuleOp> module_;
  llvm::LLVMContext llvm_;
};

Expected<void> requireLegal(const KernelConfig &config) {
  const std::vector<std::string> issues = legalityIssues(config);
  if (issues.empty())
    return {};
  std::string reasons;
  for (const std::string &issue : issues)
    reasons += (reasons.empty() ? "" : "; ") + issue;
  return makeError(ErrorKind::kIllegal, reasons, kernelName(config));
}

} // namespace

Expected<std::vector<std::byte>> compileKernel(const KernelConfig &config,
                                               const CompileOptions &options) {
  if (Expected<void> legal = requireLegal(config); !legal)
    return tl::unexpected(legal.error());
  Compilation compilation(config);
  auto module = compilation.toLlvm();
  if (!module)
    return tl::unexpected(module.error());
  auto object = generateCode(**module, config, OutputFile::kObject);
  if (!object)
    return tl::unexpected(object.error());
  auto code_object = linkCodeObject(*object);
  if (!code_object || options.allow_spills)
    return code_object;
  if (Expected<void> fits = requireNoSpills(*code_object, kernelName(config)); !fits)
    return tl::unexpected(fits.error());
  return code_object;
}

Expected<std::string> printStage(const KernelConfig &config, Stage stage) {
  if (Expected<void> legal = requireLegal(config); !legal)
    return tl::unexpected(legal.error());
  Compilation compilation(config);
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (stage == Stage::kHip)
    return compilation.toHip();
  if (stage != Stage::kLlvm && stage != Stage::kAsm) {
    Expected<mlir::ModuleOp> module = compilation.runPasses(stage);
    if (!module)
      return tl::unexpected(module.error());
    module->print(stream);
    return text;
  }
  auto module = compilation.toLlvm();
  if (!module)
    return tl::unexpected(module.error());
  if (stage == Stage::kLlvm) {
    (*module)->print(stream, nullptr);
    return text;
  }
  auto assembly = generateCode(**module, config, OutputFile::kAssembly);
  if (!assembly)
    return tl::unexpected(assembly.error());
  return std::string(assembly->data(), assembly->size());
}

} // namespace gemmsmith
