//===- lower_memory.cpp - memory, buffers, LDS and synchronisation --------===//
//
// LDS is reached by two pointers that are declared not to alias, as the alias
// scopes of the low-level IR say: `lds_copies` for the copies that go there past
// the registers, `lds` for everything else. Without that LLVM waits for every
// copy before every read. Between two barriers the two touch different bytes;
// across them they do not, and what keeps the compiler from moving accesses
// there are the fences, which in LLVM also order what is said not to alias.
//===----------------------------------------------------------------------===//

#include "compiler/hip/hip_lowering.h"
#include "compiler/hip/hip_source.h"

#include "compiler/lowering/arithmetic.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <fmt/format.h>

namespace gemmsmith::hip {

namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;

namespace {

bool isTargetOfCopies(Value pointer) {
  return llvm::any_of(pointer.getUsers(), [](mlir::Operation *user) {
    auto offset = mlir::dyn_cast<LLVM::GEPOp>(user);
    return mlir::isa<ROCDL::RawPtrBufferLoadLdsOp>(user) || (offset && isTargetOfCopies(offset));
  });
}

bool isInLds(Value pointer) {
  return mlir::cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() ==
         lowering::kLdsSpace;
}

// As an argument of clang's builtins; empty for orders that kernels do not use.
std::string_view orderName(LLVM::AtomicOrdering ordering) {
  switch (ordering) {
  case LLVM::AtomicOrdering::acquire:
    return "__ATOMIC_ACQUIRE";
  case LLVM::AtomicOrdering::release:
    return "__ATOMIC_RELEASE";
  case LLVM::AtomicOrdering::acq_rel:
    return "__ATOMIC_ACQ_REL";
  default:
    return "";
  }
}

// The only atomics there are: relaxed, for other workgroups of the device, on a counter.
template <typename Op> bool isRelaxedCounter(Op op, Value address, mlir::Type type) {
  return op.getOrdering() == LLVM::AtomicOrdering::monotonic && op.getSyncscope() == "agent" &&
         !op.getVolatile_() && type.isInteger(32) && !isInLds(address);
}

} // namespace

bool HipLowering::lowerMemory(mlir::Operation &op) {
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<LLVM::GEPOp, LLVM::LoadOp, LLVM::StoreOp, LLVM::AtomicRMWOp, LLVM::FenceOp,
            ROCDL::MakeBufferRsrcOp, ROCDL::RawPtrBufferLoadOp, ROCDL::RawPtrBufferStoreOp,
            ROCDL::RawPtrBufferLoadLdsOp, ROCDL::SWaitcntOp>(
          [&](auto known) { return lower(known); })
      .Case<LLVM::AddressOfOp>([&](auto lds) {
        bind(lds, w_.literal(lds.getType(), kLds));
        return true;
      })
      .Case<LLVM::PtrToIntOp>([&](auto cast) {
        bindText(cast, cast.getArg(), "(uint64_t)(", ")");
        return cast.getType().isInteger(64);
      })
      .Case<ROCDL::SBarrierOp>([&](auto) {
        w_.write("__builtin_amdgcn_s_barrier();");
        return true;
      })
      .Default(false);
}

// An address that only one copy uses needs no name.
bool HipLowering::isWrittenByItsCopy(LLVM::GEPOp op) const {
  return op->hasOneUse() && !op.getDynamicIndices().empty() &&
         mlir::isa<ROCDL::RawPtrBufferLoadLdsOp>(*op->user_begin()) &&
         op->user_begin()->getBlock() == op->getBlock() &&
         !w_.readsVariable(get(op.getDynamicIndices().front()));
}

std::string HipLowering::baseOf(LLVM::GEPOp op) const {
  const bool copies = op.getBase().getDefiningOp<LLVM::AddressOfOp>() && isTargetOfCopies(op);
  return copies ? kLdsCopies : StatementWriter::textOf(get(op.getBase()));
}

bool HipLowering::lower(LLVM::GEPOp op) {
  if (!op.getElemType().isInteger(8) || op.getIndices().size() != 1)
    return false;
  const std::string base = baseOf(op);
  if (op.getDynamicIndices().empty()) {
    const std::string text = fmt::format("{} + {}", base, op.getRawConstantIndices().front());
    if (hasName(op) || w_.isVariable(get(op.getBase())))
      define(op, text, {});
    else
      bind(op, w_.literal(op.getType(), text));
    return op.getRawConstantIndices().front() >= 0;
  }
  // Offsets are signed in the IR: only where they are as wide as the address that makes no
  // difference.
  Value index = op.getDynamicIndices().front();
  if (!index.getType().isInteger(isInLds(op.getBase()) ? 32 : 64))
    return false;
  if (!isWrittenByItsCopy(op))
    define(op, base + " + " + operand(get(index)), get(index));
  return true;
}

bool HipLowering::lower(LLVM::LoadOp op) {
  if (op.getOrdering() != LLVM::AtomicOrdering::not_atomic || op.getVolatile_())
    return false;
  const char *space = isInLds(op.getAddr()) ? "LDS" : "GLOBAL";
  Value address = get(op.getAddr());
  define(op, fmt::format("*(const {} {} *)", space, spelling(op.getType())) + operand(address),
         address);
  return true;
}

bool HipLowering::lower(LLVM::StoreOp op) {
  const std::string type = spelling(op.getValue().getType());
  Value value = get(op.getValue());
  Value address = get(op.getAddr());
  if (op.getOrdering() == LLVM::AtomicOrdering::not_atomic) {
    w_.write(fmt::format("*({} {} *)", isInLds(op.getAddr()) ? "LDS" : "GLOBAL", type) +
                 operand(address) + " = {};",
             {address, value});
    return !op.getVolatile_();
  }
  w_.write("__hip_atomic_store((GLOBAL " + type + " *)" + operand(address) +
               ", {}, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);",
           {address, value});
  return isRelaxedCounter(op, op.getAddr(), op.getValue().getType());
}

bool HipLowering::lower(LLVM::AtomicRMWOp op) {
  Value address = get(op.getPtr());
  define(op,
         "__hip_atomic_fetch_add((GLOBAL uint32_t *)" + operand(address) +
             ", {}, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT)",
         {address, get(op.getVal())});
  return op.getBinOp() == LLVM::AtomicBinOp::add && isRelaxedCounter(op, op.getPtr(), op.getType());
}

bool HipLowering::lower(LLVM::FenceOp op) {
  const std::string_view order = orderName(op.getOrdering());
  w_.write(fmt::format("__builtin_amdgcn_fence({}, \"{}\");", order,
                       op.getSyncscope().value_or("").str()));
  return !order.empty();
}

bool HipLowering::lower(ROCDL::MakeBufferRsrcOp op) {
  define(op, "buffer({}, {})", {get(op.getBase()), get(op.getNumRecords())});
  return constantOf(op.getStride()) == 0 && constantOf(op.getFlags()) == lowering::kRawBufferFlags;
}

bool HipLowering::lower(ROCDL::RawPtrBufferLoadOp op) {
  define(op, "load_buffer<" + spelling(op.getType()) + ", {}>({}, {}, {})",
         {get(op.getAux()), get(op.getRsrc()), get(op.getOffset()), get(op.getSoffset())});
  return constantOf(op.getAux()).has_value();
}

bool HipLowering::lower(ROCDL::RawPtrBufferStoreOp op) {
  w_.write("store_buffer({}, {}, {});",
           {get(op.getVdata()), get(op.getRsrc()), get(op.getOffset())});
  return constantOf(op.getSoffset()) == 0 && constantOf(op.getAux()) == 0;
}

bool HipLowering::lower(ROCDL::RawPtrBufferLoadLdsOp op) {
  auto target = op.getLdsPtr().getDefiningOp<LLVM::GEPOp>();
  const bool written_here = target && isWrittenByItsCopy(target);
  Value place = written_here ? get(target.getDynamicIndices().front()) : get(op.getLdsPtr());
  w_.write(
      "COPY_TO_LDS({}, " + (written_here ? baseOf(target) + " + " : "") + "{}, {}, {}, {});",
      {get(op.getRsrc()), place, get(op.getVoffset()), get(op.getSoffset()), get(op.getAux())});
  return constantOf(op.getSize()) == 16 && constantOf(op.getOffset()) == 0 &&
         constantOf(op.getAux()).has_value();
}

bool HipLowering::lower(ROCDL::SWaitcntOp op) {
  // vmcnt[3:0], expcnt[6:4], lgkmcnt[11:8], vmcnt[15:14] (CDNA4 ISA 4.4)
  const auto bits = static_cast<std::uint32_t>(op.getBitfield());
  const std::uint32_t vmcnt = (bits & 15) | (bits >> 14 & 3) << 4;
  const std::uint32_t lgkmcnt = bits >> 8 & 15;
  std::string waits = vmcnt == 63 ? "" : fmt::format(" vmcnt({})", vmcnt);
  if (lgkmcnt != 15)
    waits += fmt::format(" lgkmcnt({})", lgkmcnt);
  w_.write(fmt::format("__builtin_amdgcn_s_waitcnt({:#x}); //{}", bits, waits));
  return true;
}

} // namespace gemmsmith::hip
