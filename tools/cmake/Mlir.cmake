# LLVM, MLIR and lld 22, linked as shared libraries: the static ones would cost minutes of link time.
find_program(LLVM_CONFIG NAMES llvm-config-22 REQUIRED)
execute_process(COMMAND ${LLVM_CONFIG} --cmakedir OUTPUT_VARIABLE llvm_cmake_dir
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_package(LLVM REQUIRED CONFIG PATHS "${llvm_cmake_dir}" NO_DEFAULT_PATH)
find_package(MLIR REQUIRED CONFIG PATHS "${llvm_cmake_dir}/../mlir" NO_DEFAULT_PATH)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
list(TRANSFORM MLIR_INCLUDE_DIRS PREPEND "-I" OUTPUT_VARIABLE tablegen_includes)
list(APPEND tablegen_includes "-I${PROJECT_SOURCE_DIR}")

# LLVM is built without RTTI, so what derives from its classes must be too; its headers' warnings are
# not ours.
add_library(gemmsmith_mlir INTERFACE)
target_include_directories(gemmsmith_mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS}
                                                           ${MLIR_INCLUDE_DIRS})
# Code that mlir-tblgen writes leaves parameters unused.
target_compile_options(gemmsmith_mlir INTERFACE -fno-rtti -Wno-unused-parameter)
target_link_libraries(gemmsmith_mlir INTERFACE MLIR LLVM)

# The headers that nearly every file of dialects, templates and compiler reads, parsed once.
add_library(gemmsmith_mlir_pch OBJECT "${PROJECT_SOURCE_DIR}/tools/cmake/precompiled.cpp")
target_link_libraries(gemmsmith_mlir_pch PUBLIC gemmsmith_configs gemmsmith_mlir)
target_include_directories(gemmsmith_mlir_pch PUBLIC "${PROJECT_SOURCE_DIR}"
                                                     "${PROJECT_BINARY_DIR}")
target_precompile_headers(gemmsmith_mlir_pch PRIVATE
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/Dialect/LLVMIR/ROCDLDialect.h>
  <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/IR/Builders.h>
  <mlir/IR/BuiltinOps.h>
  <mlir/Pass/Pass.h>)

# gemmsmith_mlir_library(NAME SOURCES file... LINK target...): a library that uses those headers.
function(gemmsmith_mlir_library name)
  gemmsmith_library(${name} ${ARGN})
  target_precompile_headers(gemmsmith_${name} REUSE_FROM gemmsmith_mlir_pch)
endfunction()
