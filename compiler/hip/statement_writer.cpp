#include "compiler/hip/statement_writer.h"

#include "compiler/lowering/arithmetic.h"

#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

#include <fmt/format.h>

namespace gemmsmith::hip {

namespace emitc = mlir::emitc;

namespace {

// Prefix of a vector type's name: "f32" of f32x4.
std::string elementName(mlir::Type type) {
  if (type.isBF16())
    return "bf16";
  return fmt::format("{}{}", type.isInteger() ? 'u' : 'f', type.getIntOrFloatBitWidth());
}

std::string spellPointer(mlir::LLVM::LLVMPointerType type) {
  switch (type.getAddressSpace()) {
  case lowering::kGlobalSpace:
    return "global_ptr";
  case lowering::kLdsSpace:
    return "lds_ptr";
  case lowering::kBufferSpace:
    return "__amdgpu_buffer_rsrc_t";
  }
  llvm::report_fatal_error("a pointer to an address space that kernels do not use");
}

} // namespace

std::string spelling(mlir::Type type) {
  if (auto pointer = mlir::dyn_cast<mlir::LLVM::LLVMPointerType>(type))
    return spellPointer(pointer);
  if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
    return fmt::format("{}x{}", elementName(vector.getElementType()), vector.getNumElements());
  if (type.isBF16())
    return "bf16";
  if (type.isF32())
    return "float";
  if (type.isInteger(1))
    return "bool";
  return fmt::format("uint{}_t", type.getIntOrFloatBitWidth());
}

mlir::Type emitcType(mlir::Type type) {
  mlir::MLIRContext *context = type.getContext();
  if (type.isInteger(1))
    return type;
  if (type.isInteger())
    return mlir::IntegerType::get(context, type.getIntOrFloatBitWidth(),
                                  mlir::IntegerType::Unsigned);
  return emitc::OpaqueType::get(context, spelling(type));
}

Value StatementWriter::literal(mlir::Type type, std::string_view text) {
  return emitc::LiteralOp::create(b, loc, emitcType(type), b.getStringAttr(text));
}

std::string StatementWriter::textOf(Value lowered) {
  auto op = lowered.getDefiningOp<emitc::LiteralOp>();
  return op ? op.getValue().str() : std::string();
}

Value StatementWriter::number(mlir::Type type, std::uint64_t value) {
  if (type.isInteger(1))
    return literal(type, value ? "true" : "false");
  if (type.isInteger(64))
    return literal(type, fmt::format("{}ul", value));
  constexpr std::uint64_t kLargestInt = 0x7fffffff;
  return literal(type,
                 value <= kLargestInt ? fmt::format("{}", value) : fmt::format("{:#x}u", value));
}

bool StatementWriter::readsVariable(Value lowered) const {
  if (!textOf(lowered).empty())
    return isVariable(lowered);
  return llvm::any_of(lowered.getDefiningOp()->getOperands(),
                      [&](Value operand) { return readsVariable(operand); });
}

void StatementWriter::write(const llvm::Twine &format, mlir::ValueRange arguments) {
  emitc::VerbatimOp::create(b, loc, b.getStringAttr(format), arguments);
}

Value StatementWriter::define(mlir::Type type, llvm::StringRef hint, const llvm::Twine &format,
                              mlir::ValueRange arguments) {
  const std::string name = unusedName(hint);
  write("const " + spelling(type) + " " + name + " = " + format + ";", arguments);
  return literal(type, name);
}

Value StatementWriter::declare(mlir::Type type, llvm::StringRef hint, const llvm::Twine &format,
                               mlir::ValueRange arguments) {
  const std::string name = unusedName(hint);
  const std::string initializer = format.str();
  write(spelling(type) + " " + name + (initializer.empty() ? "" : " = " + initializer) + ";",
        arguments);
  variables_.insert(name);
  return literal(type, name);
}

std::string StatementWriter::unusedName(llvm::StringRef hint) {
  for (;;) {
    const unsigned before = names_[hint]++;
    std::string name = before == 0 ? hint.str() : fmt::format("{}_{}", hint.str(), before);
    if (before == 0 || names_.try_emplace(name, 1).second)
      return name;
  }
}

} // namespace gemmsmith::hip
