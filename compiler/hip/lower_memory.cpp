//===- lower_memory.cpp - memory, buffers, LDS and synchronisation --------===//
//
// LDS is reached by two pointers that are declared not to alias, as the alias
// scopes of the low-level IR say: `lds_copies` for the copies that go there past
// the registers, `lds` for everything else.
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

// An address that only one copy uses needs no name.
bool isWrittenByItsCopy(LLVM::GEPOp op) {
  return op->hasOneUse() && !op.getDynamicIndices().empty() &&
         mlir::isa<ROCDL::RawPtrBufferLoadLdsOp>(*op->user_begin());
}

bool isInLds(Value pointer) {
  return mlir::cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() ==
         lowering::kLdsSpace;
}

std::string_view orderName(LLVM::AtomicOrdering ordering) {
  switch (ordering) {
  case LLVM::AtomicOrdering::acquire:
    return "__ATOMIC_ACQUIRE";
  case LLVM::AtomicOrdering::release:
    return "__ATOMIC_RELEASE";
  case LLVM::AtomicOrdering::acq_rel:
    return "__ATOMIC_ACQ_REL";
  default:
    return "__ATOMIC_RELAXED";
  }
}

} // namespace

bool HipLowering::lowerMemory(mlir::Operation &op) {
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<LLVM::AddressOfOp>([&](auto lds) {
        bind(lds, w_.literal(lds.getType(), kLds));
        return true;
      })
      .Case<LLVM::GEPOp, LLVM::LoadOp, LLVM::StoreOp, ROCDL::RawPtrBufferLoadLdsOp,
            ROCDL::SWaitcntOp>([&](auto known) {
        lower(known);
        return true;
      })
      .Case<LLVM::PtrToIntOp>([&](auto cast) {
        const std::string pointer = StatementWriter::textOf(get(cast.getArg())).str();
        bind(cast, w_.literal(cast.getType(), "(uint64_t)(" + pointer + ")"));
        return true;
      })
      .Case<ROCDL::MakeBufferRsrcOp>([&](auto make) {
        define(make, "buffer({}, {})", {get(make.getBase()), get(make.getNumRecords())});
        return true;
      })
      .Case<ROCDL::RawPtrBufferLoadOp>([&](auto load) {
        define(load, "load_buffer<" + spelling(load.getType()) + ", {}>({}, {}, {})",
               {get(load.getAux()), get(load.getRsrc()), get(load.getOffset()),
                get(load.getSoffset())});
        return true;
      })
      .Case<ROCDL::RawPtrBufferStoreOp>([&](auto store) {
        w_.write("store_buffer({}, {}, {});",
                 {get(store.getVdata()), get(store.getRsrc()), get(store.getOffset())});
        return true;
      })
      .Case<ROCDL::SBarrierOp>([&](auto) {
        w_.write("__builtin_amdgcn_s_barrier();");
        return true;
      })
      .Case<LLVM::FenceOp>([&](auto fence) {
        w_.write(fmt::format("__builtin_amdgcn_fence({}, \"{}\");", orderName(fence.getOrdering()),
                             fence.getSyncscope().value_or("").str()));
        return true;
      })
      .Case<LLVM::AtomicRMWOp>([&](auto add) { // counting in, at agent scope, is the only one
        define(add,
               "__hip_atomic_fetch_add((GLOBAL uint32_t *)" + operand(get(add.getPtr())) +
                   ", {}, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT)",
               {get(add.getPtr()), get(add.getVal())});
        return true;
      })
      .Default(false);
}

std::string HipLowering::baseOf(LLVM::GEPOp op) const {
  const bool copies = op.getBase().getDefiningOp<LLVM::AddressOfOp>() && isTargetOfCopies(op);
  return copies ? kLdsCopies : StatementWriter::textOf(get(op.getBase())).str();
}

void HipLowering::lower(LLVM::GEPOp op) {
  if (isWrittenByItsCopy(op))
    return;
  const std::string base = baseOf(op);
  if (op.getDynamicIndices().empty()) {
    const std::int32_t bytes = op.getRawConstantIndices().front();
    if (!hasName(op))
      return bind(op, w_.literal(op.getType(), fmt::format("{} + {}", base, bytes)));
    return define(op, fmt::format("{} + {}", base, bytes), {});
  }
  Value bytes = get(op.getDynamicIndices().front());
  define(op, base + " + " + operand(bytes), bytes);
}

void HipLowering::lower(LLVM::LoadOp op) {
  const char *space = isInLds(op.getAddr()) ? "LDS" : "GLOBAL";
  Value address = get(op.getAddr());
  define(op, fmt::format("*(const {} {} *)", space, spelling(op.getType())) + operand(address),
         address);
}

void HipLowering::lower(LLVM::StoreOp op) {
  const std::string type = spelling(op.getValue().getType());
  Value value = get(op.getValue());
  Value address = get(op.getAddr());
  if (op.getOrdering() != LLVM::AtomicOrdering::not_atomic)
    return w_.write("__hip_atomic_store((GLOBAL " + type + " *)" + operand(address) +
                        ", {}, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);",
                    {address, value});
  w_.write(fmt::format("*({} {} *)", isInLds(op.getAddr()) ? "LDS" : "GLOBAL", type) +
               operand(address) + " = {};",
           {address, value});
}

void HipLowering::lower(ROCDL::RawPtrBufferLoadLdsOp op) {
  auto target = op.getLdsPtr().getDefiningOp<LLVM::GEPOp>();
  const bool written_here = target && isWrittenByItsCopy(target);
  Value place = written_here ? get(target.getDynamicIndices().front()) : get(op.getLdsPtr());
  w_.write(
      "COPY_TO_LDS({}, " + (written_here ? baseOf(target) + " + " : "") + "{}, {}, {}, {});",
      {get(op.getRsrc()), place, get(op.getVoffset()), get(op.getSoffset()), get(op.getAux())});
}

void HipLowering::lower(ROCDL::SWaitcntOp op) {
  // vmcnt[3:0], expcnt[6:4], lgkmcnt[11:8], vmcnt[15:14] (CDNA4 ISA 4.4)
  const auto bits = static_cast<std::uint32_t>(op.getBitfield());
  const std::uint32_t vmcnt = (bits & 15) | (bits >> 14 & 3) << 4;
  const std::uint32_t lgkmcnt = bits >> 8 & 15;
  std::string waits = vmcnt == 63 ? "" : fmt::format(" vmcnt({})", vmcnt);
  if (lgkmcnt != 15)
    waits += fmt::format(" lgkmcnt({})", lgkmcnt);
  w_.write(fmt::format("__builtin_amdgcn_s_waitcnt({:#x}); //{}", bits, waits));
}

} // namespace gemmsmith::hip
