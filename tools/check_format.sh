#!/usr/bin/env bash
# Fails, naming the files, if C++ files are not as clang-format would write them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Files of the tree as git sees it, new ones included; without git (an unpacked archive), all.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  list=(git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp')
else
  list=(find . -path ./build -prune -o '(' -name '*.h' -o -name '*.cpp' ')' -print0)
fi
mapfile -d '' -t files < <("${list[@]}")
existing=()
for file in "${files[@]}"; do
  [[ -f $file ]] && existing+=("$file")
done
unformatted=$(printf '%s\0' "${existing[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c \
  'clang-format-22 --dry-run -Werror "$1" >/dev/null 2>&1 || echo "$1"' _)
if [[ -n $unformatted ]]; then
  echo "not as clang-format-22 writes them (clang-format-22 -i FILE mends that):" >&2
  sort <<<"$unformatted" >&2
  exit 1
fi
echo "${#existing[@]} files are formatted"
