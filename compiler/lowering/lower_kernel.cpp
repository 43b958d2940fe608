//===- lower_kernel.cpp - the function, and the walk through the program --===//

#include "compiler/lowering/kernel_lowering.h"
#include "configs/legality.h"

#include "llvm/ADT/TypeSwitch.h"

namespace gemmsmith::lowering {

namespace LLVM = mlir::LLVM;
namespace scf = mlir::scf;

KernelLowering::KernelLowering(mlir::OpBuilder &builder, tile::KernelOp kernel)
    : a_(builder, kernel.getLoc()), kernel_(kernel), config_(kernel.getConfig().getValue()) {
  mlir::MLIRContext *context = builder.getContext();
  auto domain = LLVM::AliasScopeDomainAttr::get(context, builder.getStringAttr("lds"));
  auto scope = [&](llvm::StringRef name) {
    return builder.getArrayAttr(LLVM::AliasScopeAttr::get(domain, builder.getStringAttr(name)));
  };
  copy_scope_ = scope("copies");
  read_scope_ = scope("fragments");
}

mlir::LogicalResult KernelLowering::run() {
  mlir::OpBuilder::InsertionGuard guard(a_.b);
  buildFunction();
  if (mlir::failed(lowerBlock(kernel_.getBody().front())))
    return mlir::failure();
  LLVM::ReturnOp::create(a_.b, a_.loc, mlir::ValueRange{});
  return mlir::success();
}

void KernelLowering::buildFunction() {
  mlir::OpBuilder &b = a_.b;
  mlir::MLIRContext *context = b.getContext();
  b.setInsertionPoint(kernel_);

  auto lds_bytes = LLVM::LLVMArrayType::get(b.getI8Type(), ldsBytes(config_));
  auto lds = LLVM::GlobalOp::create(b, a_.loc, lds_bytes, /*isConstant=*/false,
                                    LLVM::Linkage::Internal, kernel_.getSymName().str() + ".lds",
                                    mlir::Attribute(), /*alignment=*/1024, kLdsSpace);

  llvm::SmallVector<mlir::Type> types;
  const std::vector<KernelArgument> arguments = kernelArguments(config_);
  for (const KernelArgument &argument : arguments)
    types.push_back(argument.kind == ArgumentKind::kGlobalBuffer
                        ? mlir::Type(LLVM::LLVMPointerType::get(context, kGlobalSpace))
                        : b.getIntegerType(8 * argument.size));
  function_ = LLVM::LLVMFuncOp::create(
      b, a_.loc, kernel_.getSymName(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types), LLVM::Linkage::External,
      /*dsoLocal=*/false, LLVM::CConv::AMDGPU_KERNEL);

  mlir::Block *entry = function_.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  for (auto [argument, value] : llvm::zip(arguments, entry->getArguments()))
    arguments_[static_cast<std::size_t>(argument.id)] = value;

  lds_ = LLVM::AddressOfOp::create(b, a_.loc, lds);
  thread_ = a_.named("thread", mlir::ROCDL::ThreadIdXOp::create(b, a_.loc, b.getI32Type(),
                                                                LLVM::ConstantRangeAttr()));
  lane_ = a_.named("lane", a_.bitAnd(thread_, kWaveSize - 1));
  const WaveGrid &waves = config_.waves;
  wave_ = waves.count() == 1 ? a_.i32(0) : a_.named("wave", a_.uniform(a_.div(thread_, kWaveSize)));
  wave_n_ = a_.named("wave_n", a_.rem(wave_, waves.n));
  wave_m_ = a_.named("wave_m", a_.rem(a_.div(wave_, waves.n), waves.m));
  wave_k_ = a_.named("wave_k", a_.div(wave_, std::int64_t{waves.n} * waves.m));
}

mlir::LogicalResult KernelLowering::lowerBlock(mlir::Block &block) {
  for (mlir::Operation &op : block)
    if (!op.hasTrait<mlir::OpTrait::IsTerminator>() && mlir::failed(lowerOperation(op)))
      return mlir::failure();
  return mlir::success();
}

mlir::LogicalResult KernelLowering::lowerOperation(mlir::Operation &op) {
  return llvm::TypeSwitch<mlir::Operation *, mlir::LogicalResult>(&op)
      .Case<scf::ForOp>([&](auto loop) { return lowerLoop(loop); })
      .Case<tile::SplitReduceOp>([&](auto reduce) { return lower(reduce); })
      .Case<tile::RingOp>([](auto) { return mlir::success(); }) // its uses read it from the type
      .Case<tile::OutputTileOp, tile::KRangeOp, tile::GlobalOp, tile::AdvanceOp, tile::CopyAsyncOp,
            tile::CopyOp, tile::WaitOp, tile::BarrierOp, tile::ReadFragmentsOp, tile::ZeroOp,
            tile::MmaOp, tile::SliceReduceOp, tile::AddBiasOp, tile::StoreOp>([&](auto known) {
        lower(known);
        return mlir::success();
      })
      .Case<mlir::arith::AddIOp>([&](auto add) {
        scalars_[add.getResult()] = a_.add(scalar(add.getLhs()), scalar(add.getRhs()));
        return mlir::success();
      })
      .Case<mlir::arith::ConstantIntOp>([&](auto constant) {
        scalars_[constant.getResult()] = a_.i32(constant.value());
        return mlir::success();
      })
      .Default([](mlir::Operation *other) {
        return other->emitError("has no place in a tile program");
      });
}

// Sums become one loop-carried vector per fragment.
mlir::LogicalResult KernelLowering::lowerLoop(scf::ForOp loop) {
  auto flatten = [&](mlir::ValueRange values) {
    Values flat;
    for (Value value : values) {
      if (auto it = fragments_.find(value); it != fragments_.end())
        llvm::append_range(flat, it->second);
      else
        flat.push_back(scalar(value));
    }
    return flat;
  };
  // Gives each of `targets` its share of `values`, shaped as the loop's initial values are.
  auto distribute = [&](mlir::ValueRange targets, mlir::ValueRange values) {
    for (auto [target, init] : llvm::zip(targets, loop.getInitArgs())) {
      auto it = fragments_.find(init);
      if (it == fragments_.end()) {
        scalars_[target] = a_.named("slot", values.front());
        values = values.drop_front();
        continue;
      }
      const std::size_t count = it->second.size();
      Values &sums = fragments_[target] = Values(values.take_front(count));
      for (Value sum : sums)
        a_.named("sum", sum);
      values = values.drop_front(count);
    }
  };

  mlir::LogicalResult result = mlir::success();
  // Lane addresses do not change in the loop.
  for (tile::ReadFragmentsOp read : loop.getOps<tile::ReadFragmentsOp>())
    fragmentBase(read);
  for (tile::CopyAsyncOp copy : loop.getOps<tile::CopyAsyncOp>())
    copyLanes(copy.getSource(), copy.getRing().getType());
  for (tile::CopyOp copy : loop.getOps<tile::CopyOp>())
    copyLanes(copy.getSource(), copy.getRing().getType());

  const Values results =
      countingLoop(scalar(loop.getLowerBound()), scalar(loop.getUpperBound()),
                   flatten(loop.getInitArgs()), [&](Value index, mlir::ValueRange carried) {
                     scalars_[loop.getInductionVar()] =
                         a_.named(carried.empty() ? "slot" : "k_tile", index);
                     distribute(loop.getRegionIterArgs(), carried);
                     result = lowerBlock(*loop.getBody());
                     return flatten(loop.getYieldedValues());
                   });
  distribute(loop.getResults(), results);
  return result;
}

KernelLowering::Values
KernelLowering::countingLoop(Value begin, Value end, Values inits,
                             llvm::function_ref<Values(Value, mlir::ValueRange)> body) {
  inits.insert(inits.begin(), begin);
  auto loop = scf::WhileOp::create(
      a_.b, a_.loc, mlir::ValueRange(inits).getTypes(), inits,
      [&](mlir::OpBuilder &, mlir::Location, mlir::ValueRange carried) {
        Values next = body(carried.front(), carried.drop_front());
        Value index = a_.add(carried.front(), 1);
        next.insert(next.begin(), index);
        scf::ConditionOp::create(a_.b, a_.loc, a_.lessSigned(index, end), next);
      },
      [&](mlir::OpBuilder &, mlir::Location, mlir::ValueRange carried) {
        scf::YieldOp::create(a_.b, a_.loc, carried);
      });
  return Values(loop.getResults().drop_front());
}

void KernelLowering::inOwningWaves(llvm::function_ref<void()> build) {
  if (!only_owners_hold_sums_)
    return build();
  auto owners = scf::IfOp::create(a_.b, a_.loc, a_.equal(wave_k_, 0), /*withElseRegion=*/false);
  mlir::OpBuilder::InsertionGuard guard(a_.b);
  a_.b.setInsertionPointToStart(owners.thenBlock());
  only_owners_hold_sums_ = false; // in here there are no others
  build();
  only_owners_hold_sums_ = true;
}

} // namespace gemmsmith::lowering
