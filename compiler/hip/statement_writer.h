// Writes C++ statements as EmitC operations, and gives the values in them names.
//
// EmitC has no names for values: its translator numbers them. So what deserves a name is defined by
// a verbatim statement, `const uint32_t row = ...;`, and is from then on a literal, `row`; what is
// used once stays an EmitC operation, which the pass form-expressions folds into its user.
//
// Most names stand for constants. Variables are the exception: what reads one must be written
// before it changes.
#pragma once

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <string>
#include <string_view>

namespace gemmsmith::hip {

using mlir::Value;

// How a type of the low-level IR is spelt in the source: "uint32_t", "f32x4", "lds_ptr".
std::string spelling(mlir::Type type);

// The type of an EmitC value that stands for one of `type`: integers are unsigned, as most of what
// the generator does with them is; everything else is opaque to EmitC.
mlir::Type emitcType(mlir::Type type);

class StatementWriter {
public:
  StatementWriter(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  // `text` as an expression of its own; it must bind as tightly as a name does, or be parenthesised
  // by whoever uses it.
  Value literal(mlir::Type type, std::string_view text);
  static std::string textOf(Value lowered); // of a literal; else empty
  // Unsigned, as everything is, but that the C++ literal of up to 31 bits is an int: for operands
  // of what is unsigned.
  Value number(mlir::Type type, std::uint64_t value);
  // Whether the value is a variable, or computed from one by operations that are not written yet.
  bool readsVariable(Value lowered) const;
  bool isVariable(Value lowered) const { return variables_.contains(textOf(lowered)); }

  // A statement; `{}` stands for the next argument.
  void write(const llvm::Twine &format, mlir::ValueRange arguments = {});
  // `const TYPE NAME = FORMAT;`, and NAME.
  Value define(mlir::Type type, llvm::StringRef hint, const llvm::Twine &format,
               mlir::ValueRange arguments);
  // `TYPE NAME = FORMAT;`, or `TYPE NAME;` with an empty format, and NAME, a variable.
  Value declare(mlir::Type type, llvm::StringRef hint, const llvm::Twine &format,
                mlir::ValueRange arguments);

  // A name that nothing else has: the hint, or the hint with a number.
  std::string unusedName(llvm::StringRef hint);

  mlir::OpBuilder &b;
  mlir::Location loc;

private:
  llvm::StringMap<unsigned> names_; // how often each was asked for
  llvm::StringSet<> variables_;
};

} // namespace gemmsmith::hip
