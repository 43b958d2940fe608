#!/usr/bin/env bash
# The example application, built against an installed library and run on the emulated device: by the
# CMake package, by pkg-config, and after the prefix was moved.
#
# installed_test.sh BUILD_DIRECTORY EXAMPLE_DIRECTORY OBJECTS TABLE HIPEMU_FOLDER
set -euo pipefail

build=$1 example=$2 hipemu=$5
export GEMMSMITH_OBJECTS=$3 GEMMSMITH_TABLES=$4
unset GEMMSMITH_DEVICE GEMMSMITH_HIP_LIBRARY
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
strict='-Wall -Wextra -Wpedantic -Werror'

fail() {
  echo "$*" >&2
  exit 1
}
expect_good() { # program prefix
  local output
  output=$(LD_LIBRARY_PATH=$2/lib:$hipemu "$1" 16 128 512) || fail "$1 failed: $output"
  [[ $output == "0 of 2048 elements wrong; 3 launches, 0 misses, 1 kernels from a directory" ]] ||
    fail "$1 says: $output"
}

for component in gemmsmith_runtime gemmsmith_emulator; do
  cmake --install "$build" --component "$component" --prefix "$folder/first" >/dev/null
done
mv "$folder/first" "$folder/moved"
prefix=$folder/moved
[[ -d $prefix/lib ]] || ln -s lib64 "$prefix/lib"

cmake -S "$example" -B "$folder/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$strict" \
  >"$folder/log" 2>&1 && cmake --build "$folder/cmake" >>"$folder/log" 2>&1 ||
  fail "$(cat "$folder/log")"
expect_good "$folder/cmake/gemm" "$prefix"

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# shellcheck disable=SC2046 # flags are words
cc -std=c11 $strict -D__HIP_PLATFORM_AMD__ "$example/gemm.c" -o "$folder/gemm" \
  $(pkg-config --cflags --libs gemmsmith) -lamdhip64
expect_good "$folder/gemm" "$prefix"

# The emulated device that lies beside the library, when it is asked for.
output=$(GEMMSMITH_DEVICE=emulator LD_LIBRARY_PATH=$prefix/lib:$hipemu "$folder/gemm" 16 128 500 2>&1) &&
  fail "a kernel that is in no directory was found"
[[ $output == *"no code object"*"not in the directory $GEMMSMITH_OBJECTS"* ]] || fail "$output"

# A version that is not there.
cat >"$folder/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(newer LANGUAGES NONE)
find_package(gemmsmith 0.2 REQUIRED)
CMAKE
cmake -S "$folder" -B "$folder/newer" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null 2>&1 &&
  fail "find_package(gemmsmith 0.2) accepts version 0.1"
exit 0
