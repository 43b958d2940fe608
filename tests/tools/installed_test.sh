#!/usr/bin/env bash
# The command line, installed and moved: it finds its workers and the library, and makes the objects
# that the one in the build tree makes.
#
# installed_test.sh BUILD_DIRECTORY TABLE
set -euo pipefail

build=$1 table=$2
unset LD_LIBRARY_PATH GEMMSMITH_WORKER GEMMSMITH_HIPRTC_WORKER GEMMSMITH_HIP_LIBRARY
export GEMMSMITH_CACHE=off GEMMSMITH_SERVICE=off
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

for component in gemmsmith_tools gemmsmith_runtime gemmsmith_emulator; do
  cmake --install "$build" --component "$component" --prefix "$folder/first" >/dev/null
done
mv "$folder/first" "$folder/moved"
gemmsmith=$folder/moved/bin/gemmsmith
for program in gemmsmith gemmsmith-llvm-worker gemmsmith-hiprtc; do
  [[ -x $folder/moved/bin/$program ]] || fail "bin/$program is not installed"
done
[[ $(readelf -d "$gemmsmith") != *"$build"* ]] || fail "gemmsmith looks for libraries in the build tree"

"$gemmsmith" build "$table" -o "$folder/objects" --backend llvm >/dev/null
"$build/bin/gemmsmith" build "$table" -o "$folder/others" --backend llvm >/dev/null
diff -r "$folder/objects" "$folder/others"
output=$("$gemmsmith" run --m 16 --n 128 --k 256 --device emulator --objects "$folder/objects" \
  --table "$table")
[[ $output == *"$folder/moved/"*libgemmsmith_hipemu.so* ]] || fail "$output"
