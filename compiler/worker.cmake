# Compile workers: the pool, which any program may link, and the program that it runs, which alone
# holds LLVM.
find_package(nlohmann_json REQUIRED)

gemmsmith_library(worker_pool
  SOURCES temporary_directory.cpp worker_pool.cpp worker_process.cpp worker_protocol.cpp
  LINK gemmsmith_configs fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)

gemmsmith_library(generator_fingerprint
  SOURCES generator_fingerprint.cpp loaded_code.cpp
  LINK gemmsmith_configs fmt::fmt)

gemmsmith_library(spills SOURCES spills.cpp LINK gemmsmith_configs gemmsmith_code_object fmt::fmt)

gemmsmith_library(kernel_compiler
  SOURCES backend.cpp kernel_compiler.cpp
  LINK gemmsmith_hiprtc_finder gemmsmith_spills)

add_executable(gemmsmith-llvm-worker worker_main.cpp worker_server.cpp)
target_link_libraries(gemmsmith-llvm-worker PRIVATE gemmsmith_worker_pool gemmsmith_compiler
                                                    gemmsmith_generator_fingerprint)
# The fingerprint of the generator is made of build IDs.
target_link_options(gemmsmith-llvm-worker PRIVATE -Wl,--build-id=sha1)

add_subdirectory(hiprtc)
