//===- gemm_ops.td - kernels to be generated ------------------------------===//

#ifndef GEMMSMITH_DIALECTS_GEMM_OPS_TD
#define GEMMSMITH_DIALECTS_GEMM_OPS_TD

include "dialects/gemm/gemm_base.td"
include "mlir/IR/SymbolInterfaces.td"

def Gemm_KernelOp : Op<Gemm_Dialect, "kernel", [Symbol]> {
  let summary = "a kernel that computes C = A * B^T (+ bias) under one configuration";
  let description = [{
    Its symbol is the configuration's name, and its configuration is legal: the verifier asks
    `legalityIssues` and repeats its reasons.

    ```mlir
    gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1
        #gemm.config<gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Gemm_ConfigAttr:$config);
  let assemblyFormat = "$sym_name $config attr-dict";
  let hasVerifier = 1;
}

#endif // GEMMSMITH_DIALECTS_GEMM_OPS_TD
