# Settings that every target of the project shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached by content, not by date.
  set(launcher env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -fdiagnostics-color=auto)
# Assertion messages and debug information must not carry where the tree was built.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

if(GEMMSMITH_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# gemmsmith_library(NAME SOURCES file... [LINK target...])
# A static library `gemmsmith_NAME` whose headers are included from the project's root.
function(gemmsmith_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(gemmsmith_${name} STATIC ${arg_SOURCES})
  target_include_directories(gemmsmith_${name} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
  target_link_libraries(gemmsmith_${name} PUBLIC ${arg_LINK})
endfunction()

# gemmsmith_test(NAME SOURCES file... [LINK target...])
# A GoogleTest program `test_NAME`, one CTest test per program.
function(gemmsmith_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(test_${name} ${arg_SOURCES})
  target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(test_${name} PRIVATE ${arg_LINK} GTest::gtest_main GTest::gmock)
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
