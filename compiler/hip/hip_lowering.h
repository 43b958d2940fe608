// Lowers a kernel function of scf, arith, LLVM and ROCDL operations, as lower-tile leaves it, to
// EmitC: the second way from the low-level IR, beside the LLVM dialect.
//
// The parts, by what they deal with: hip_lowering.cpp walks the function, lower_integers.cpp
// computes indices and addresses, lower_vectors.cpp fragments and sums, lower_memory.cpp accesses
// memory and synchronises, lower_regions.cpp loops and branches. What all that is put into, the
// source text around the function, is hip_source.cpp.
//
// Values are C++ constants, but for what loops carry, which are variables: an operation that is the
// last to use a variable's value updates it in place. An expression that reads a variable is
// written where it stands, so that no update comes between.
//
// Promises: an operation, or a form of one, that is not lowered here is a diagnostic; nothing of
// what it says is dropped.
#pragma once

#include "compiler/hip/statement_writer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>

namespace gemmsmith::hip {

class HipLowering {
public:
  // Statements go where `builder` stands. `parameters` names those of the C++ function: the
  // kernel's arguments, in order, then others.
  HipLowering(mlir::OpBuilder &builder, mlir::LLVM::LLVMFuncOp kernel,
              llvm::ArrayRef<std::string> parameters);

  // Fails, with a diagnostic, on an operation that has no form in HIP C++.
  mlir::LogicalResult run();

private:
  using Values = llvm::SmallVector<Value>;

  // hip_lowering.cpp
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOperation(mlir::Operation &op);
  Value get(Value source) const { return values_.at(source); }
  void bind(Value source, Value lowered) { values_[source] = lowered; }
  // Binds a pure expression: under a name if it has one, if it is used more than once or elsewhere
  // than in its own block, or if it reads a variable and is not what the block yields.
  void bindExpression(Value source, Value expression);
  // Binds what a statement computes.
  void define(Value source, const llvm::Twine &format, mlir::ValueRange arguments);
  // The same where the result may take the place of `old`, if that is a variable and this its last
  // use.
  void defineOrUpdate(Value source, Value old, const llvm::Twine &format,
                      mlir::ValueRange arguments);
  // Binds text around a value: written into its only user, or else defined.
  void bindText(Value source, Value from, const std::string &before, const std::string &after);
  // A placeholder for the value, in parentheses where its text may bind less tightly than a name.
  static std::string operand(Value lowered);

  // lower_integers.cpp. These say whether they had a form for the operation.
  bool lowerInteger(mlir::Operation &op);
  bool lower(mlir::arith::AddIOp op);
  bool lower(mlir::arith::ShRUIOp op);
  bool lower(mlir::arith::AndIOp op);
  bool lower(mlir::arith::SelectOp op);
  bool lower(mlir::arith::CmpIOp op);
  Value compare(mlir::arith::CmpIOp op, Value lhs, Value rhs);
  template <typename EmitCOp> bool lowerBinary(Value result, Value lhs, Value rhs);

  // lower_vectors.cpp
  bool lowerVector(mlir::Operation &op);
  bool lower(mlir::ROCDL::mfma_f32_16x16x32_bf16 op);
  bool lower(mlir::LLVM::InsertElementOp op);
  bool lower(mlir::LLVM::ExtractElementOp op);

  // lower_memory.cpp
  bool lowerMemory(mlir::Operation &op);
  bool isWrittenByItsCopy(mlir::LLVM::GEPOp op) const;
  std::string baseOf(mlir::LLVM::GEPOp op) const;
  bool lower(mlir::LLVM::GEPOp op);
  bool lower(mlir::LLVM::LoadOp op);
  bool lower(mlir::LLVM::StoreOp op);
  bool lower(mlir::LLVM::AtomicRMWOp op);
  bool lower(mlir::LLVM::FenceOp op);
  bool lower(mlir::ROCDL::MakeBufferRsrcOp op);
  bool lower(mlir::ROCDL::RawPtrBufferLoadOp op);
  bool lower(mlir::ROCDL::RawPtrBufferStoreOp op);
  bool lower(mlir::ROCDL::RawPtrBufferLoadLdsOp op);
  bool lower(mlir::ROCDL::SWaitcntOp op);

  // lower_regions.cpp
  mlir::LogicalResult lower(mlir::scf::WhileOp loop);
  mlir::LogicalResult lower(mlir::scf::IfOp branch);
  // Assigns to the variables all at once, as a yield does.
  void assign(mlir::ValueRange variables, mlir::ValueRange sources);

  StatementWriter w_;
  mlir::LLVM::LLVMFuncOp kernel_;
  llvm::DenseMap<Value, Value> values_;
  mlir::Operation *loop_test_ = nullptr; // of the loop being lowered: whether to go on
};

// What a value should be called: the name in its location, or just "t".
llvm::StringRef nameOf(Value source);
bool hasName(Value source);

// Whether anything that runs after `op` may use the value.
bool usedAfter(mlir::Operation *op, Value value);

// The integer that a value always is, if it is a constant.
std::optional<std::int64_t> constantOf(Value source);

} // namespace gemmsmith::hip
