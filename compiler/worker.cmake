# Compile workers: the pool, which any program may link, and the program that it runs, which alone
# holds LLVM.
find_package(nlohmann_json REQUIRED)

gemmsmith_library(worker_pool
  SOURCES worker_pool.cpp worker_process.cpp worker_protocol.cpp
  LINK gemmsmith_configs fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)

add_executable(gemmsmith-llvm-worker worker_main.cpp generator_fingerprint.cpp)
target_link_libraries(gemmsmith-llvm-worker PRIVATE gemmsmith_worker_pool gemmsmith_compiler
                                                    PkgConfig::xxhash)
# The fingerprint of the generator is made of build IDs.
target_link_options(gemmsmith-llvm-worker PRIVATE -Wl,--build-id=sha1)
