#include "templates/templates.h"

#include "mlir/IR/Builders.h"

namespace gemmsmith::templates {

tile::KernelOp build(mlir::OpBuilder &builder, gemm::KernelOp kernel) {
  const KernelConfig &config = kernel.getConfig().getValue();
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(kernel);
  auto program = tile::KernelOp::create(builder, kernel.getLoc(), kernel.getSymNameAttr(),
                                        kernel.getConfigAttr());
  builder.setInsertionPointToStart(&program.getBody().emplaceBlock());
  switch (config.family) {
  case Family::kRing:
    buildRing(builder, kernel.getLoc(), config);
    break;
  case Family::kPingPong:
  case Family::kSkinny:
    llvm_unreachable("not legal: no template builds this family");
  }
  return program;
}

} // namespace gemmsmith::templates
