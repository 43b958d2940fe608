//===- gemm_base.td - the gemm dialect ------------------------------------===//
//
// The `gemm` dialect says what is to be built, not how: one operation per
// kernel, carrying its configuration.
//
//===----------------------------------------------------------------------===//

#ifndef GEMMSMITH_DIALECTS_GEMM_BASE_TD
#define GEMMSMITH_DIALECTS_GEMM_BASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Gemm_Dialect : Dialect {
  let name = "gemm";
  let cppNamespace = "::gemmsmith::gemm";
  let summary = "GEMM kernels to be generated and their configurations";
  let useDefaultAttributePrinterParser = 1;
}

def Gemm_ConfigAttr : AttrDef<Gemm_Dialect, "Config"> {
  let mnemonic = "config";
  let summary = "a KernelConfig, spelled as its kernel name";
  let description = [{
    The name grammar of `configs/kernel_name.h` is complete and has one spelling for each
    configuration, so it serves as the attribute's text as well:

    ```mlir
    #gemm.config<gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk>
    ```
  }];
  let parameters = (ins "::gemmsmith::KernelConfig":$value);
  let hasCustomAssemblyFormat = 1;
}

#endif // GEMMSMITH_DIALECTS_GEMM_BASE_TD
