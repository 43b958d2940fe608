#!/usr/bin/env bash
# Installs the Debian packages that building and testing need. Says nothing and asks for nothing when
# all of them are there; never touches the package sources.
set -euo pipefail

packages=(
  # build
  g++ cmake ninja-build ccache pkg-config
  llvm-22-dev libmlir-22-dev mlir-22-tools liblld-22-dev
  zlib1g-dev libzstd-dev # what LLVM's and lld's CMake files look for; zstd also packs the store
  libfmt-dev nlohmann-json3-dev libxxhash-dev libexpected-dev libcli11-dev libssl-dev
  libcurl4-openssl-dev libhiredis-dev # remote stores
  libspdlog-dev libcpp-httplib-dev # the compile service: its log and its metrics
  # test: FileCheck and lit are in llvm-22-tools, clang-22 builds the reference kernels
  libgtest-dev libgmock-dev librapidcheck-dev libamdhip64-dev
  clang-22 lld-22 llvm-22 llvm-22-tools python3
  # servers of remote stores: scripted ones, and the real ones
  libcpp-httplib-dev nginx-light redis-server openssl
  # style
  clang-format-22 clang-tidy-22 git
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

as_root=()
if [[ $(id -u) != 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: needs root (or sudo) to install: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }
unknown() { # those of the given packages that apt has no candidate for
  local package
  for package in "$@"; do
    [[ $(apt-cache policy "$package" 2>/dev/null) == *'Candidate: '[!\(]* ]] || echo "$package"
  done
}

# The lists may be missing (a bare machine) or name versions that the archive has replaced.
if [[ -n $(unknown "${missing[@]}") ]]; then
  apt_get update
fi
mapfile -t absent < <(unknown "${missing[@]}")
if ((${#absent[@]} > 0)); then
  echo "setup.sh: the package archives configured on this machine do not have: ${absent[*]}" >&2
  if [[ "${absent[*]}" == *-22* ]]; then
    echo "setup.sh: LLVM 22 is in Debian 12's security archive (bookworm-security);" \
      "add it to the package sources and run this again" >&2
  fi
  exit 1
fi
echo "setup.sh: installing ${missing[*]}"
apt_get install -y --no-install-recommends "${missing[@]}" || {
  apt_get update
  apt_get install -y --no-install-recommends "${missing[@]}"
}
