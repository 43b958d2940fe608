#!/usr/bin/env bash
# Runs a command whose folder DIRECTORY is on a file system of KIBIBYTES, which only this command
# and its children see: a small tmpfs, where mounting is allowed, else full_disk in its place.
# DIRECTORY must exist; with a tmpfs it is empty to the command, and nothing of it stays.
#
# small_disk.sh [--preload] FULL_DISK_LIBRARY DIRECTORY KIBIBYTES COMMAND...
set -euo pipefail

mount=true
if [[ $1 == --preload ]]; then
  mount=false
  shift
fi
library=$1 directory=$(realpath "$2") kibibytes=$3
shift 3
# shellcheck disable=SC2016 # expanded by the inner shell
if $mount && unshare --mount sh -c 'mount -t tmpfs tmpfs "$0" -o size=4k' "$directory" 2>/dev/null
then
  exec unshare --mount sh -c 'mount -t tmpfs tmpfs "$0" -o size="$1"k,mode=700; shift; exec "$@"' \
    "$directory" "$kibibytes" "$@"
fi
export FULL_DISK_FOLDER=$directory FULL_DISK_BYTES=$((kibibytes * 1024))
LD_PRELOAD=$library exec "$@"
