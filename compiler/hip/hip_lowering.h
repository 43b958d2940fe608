// Lowers a kernel function of scf, arith, LLVM and ROCDL operations, as lower-tile leaves it, to
// EmitC: the second way from the low-level IR, beside the LLVM dialect.
//
// The parts, by what they deal with: hip_lowering.cpp walks the function, lower_integers.cpp
// computes indices and addresses, lower_vectors.cpp fragments and sums, lower_memory.cpp accesses
// memory and synchronises, lower_regions.cpp loops and branches. What all that is put into, the
// source text around the function, is hip_source.cpp.
//
// Values are C++ constants, but sums, which are variables: an operation that is the last to use a
// variable's value updates it in place.
#pragma once

#include "compiler/hip/statement_writer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace gemmsmith::hip {

class HipLowering {
public:
  // Statements go where `builder` stands. `arguments` names the function's, in order.
  HipLowering(mlir::OpBuilder &builder, mlir::LLVM::LLVMFuncOp kernel,
              llvm::ArrayRef<std::string> arguments);

  // Fails, with a diagnostic, on an operation that has no form in HIP C++.
  mlir::LogicalResult run();

private:
  using Values = llvm::SmallVector<Value>;

  // hip_lowering.cpp
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOperation(mlir::Operation &op);
  Value get(Value source) const { return values_.at(source); }
  void bind(Value source, Value lowered) { values_[source] = lowered; }
  // Binds a pure expression: under a name if it has one, or if it is used more than once or
  // elsewhere than in its own block.
  void bindExpression(Value source, Value expression);
  // Binds what a statement computes.
  void define(Value source, const llvm::Twine &format, mlir::ValueRange arguments);
  // The same where the result may take the place of `old`, if that is a variable and this its last
  // use.
  void defineOrUpdate(Value source, Value old, const llvm::Twine &format,
                      mlir::ValueRange arguments);
  bool isVariable(Value lowered) const {
    return variables_.contains(StatementWriter::textOf(lowered));
  }
  // A placeholder for the value, in parentheses where its text may bind less tightly than a name.
  static std::string operand(Value lowered);

  // lower_integers.cpp: true if it was one of these.
  bool lowerInteger(mlir::Operation &op);
  void lower(mlir::arith::AddIOp op);
  void lower(mlir::arith::ShRUIOp op);
  void lower(mlir::arith::AndIOp op);
  void lower(mlir::arith::CmpIOp op);
  Value compare(mlir::arith::CmpIOp op, Value lhs, Value rhs);

  // lower_vectors.cpp
  bool lowerVector(mlir::Operation &op);
  void lower(mlir::LLVM::InsertElementOp op);
  void lower(mlir::LLVM::ExtractElementOp op);

  // lower_memory.cpp
  bool lowerMemory(mlir::Operation &op);
  std::string baseOf(mlir::LLVM::GEPOp op) const;
  void lower(mlir::LLVM::GEPOp op);
  void lower(mlir::LLVM::LoadOp op);
  void lower(mlir::LLVM::StoreOp op);
  void lower(mlir::ROCDL::RawPtrBufferLoadLdsOp op);
  void lower(mlir::ROCDL::SWaitcntOp op);

  // lower_regions.cpp
  mlir::LogicalResult lower(mlir::scf::WhileOp loop);
  mlir::LogicalResult lower(mlir::scf::IfOp branch);
  // Assigns to the variables all at once, as a yield does.
  void assign(mlir::ValueRange variables, mlir::ValueRange sources);

  StatementWriter w_;
  mlir::LLVM::LLVMFuncOp kernel_;
  llvm::DenseMap<Value, Value> values_;
  llvm::StringSet<> variables_;
  mlir::Operation *loop_test_ = nullptr; // of the loop being lowered: whether to go on
};

// What a value should be called: the name in its location, or just "t".
llvm::StringRef nameOf(Value source);
bool hasName(Value source);

// Whether anything that runs after `op` may use the value.
bool usedAfter(mlir::Operation *op, Value value);

} // namespace gemmsmith::hip
