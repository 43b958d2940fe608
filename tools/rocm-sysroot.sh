#!/usr/bin/env bash
# A private root with the hiprtc and comgr of Debian's ROCm 7.2, for a machine whose own Debian is older:
#
#   tools/rocm-sysroot.sh DIR        makes the root; says nothing and needs no network when it is there
#   DIR/run PROGRAM ARGUMENT...      runs a program of this machine with the libraries of that root
#
# Promises: DIR is a whole root that this version of the script made, or it is left as it was; several
# may run at once. The packages come from the Debian archive that this machine is configured for, from
# its suites experimental and sid, and are checked against Debian's keys. Nothing is installed: apt has
# a state of its own, no maintainer script runs, root is not needed. `run` replaces itself by the
# program, so process id, open files and the signal at the parent's death stay what they were; it needs
# a path of PROGRAM, whose /proc/self/exe will be the root's loader. DIR may be moved, as a whole.
# Does not: fix the versions (DIR/packages lists them), follow the archive, or include the HIP runtime
# (hiprtc asks that one only for the architecture of the device, when no option names it).
#
# Exit codes: 0 good, 1 it failed, 2 the command line is wrong, 3 the archive does not have ROCm 7.
set -euo pipefail

packages=(libhiprtc7 libamd-comgr3)
libraries=(libhiprtc.so.7 libamd_comgr.so.3)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { # EXIT_CODE MESSAGE
  echo "rocm-sysroot.sh: $2" >&2
  exit "$1"
}
[[ $# == 1 && $1 == [!-]* ]] || fail 2 "usage: tools/rocm-sysroot.sh DIR"
script=$(sha256sum <"${BASH_SOURCE[0]}")
root=$(realpath -m -- "$1")
work=$root.partial

# Whether all that the libraries need is in the given root: the loader would take it from the system too.
self_contained() {
  local library found
  for library in "${libraries[@]}"; do
    found=$("$1/run" --list "$1/usr/lib/x86_64-linux-gnu/$library") || return 1
    grep -vF -e "$1/" -e linux-vdso.so.1 <<<"$found" >&2 && return 1
  done
  return 0
}
made_by_this_script() { [[ -f $root/packages && $(head -n 1 "$root/packages") == "$script" ]]; }
archives() { # where the configured package sources have this Debian, or a moving name of it
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  apt-get --print-uris update |
    sed -nE "s#^'(.*)/dists/($codename|(old)*stable|testing|unstable|sid)/InRelease'.*#\1#p" | sort -u
}

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock" || fail 1 "cannot write $root.lock"
flock -n 9 || { echo "rocm-sysroot.sh: waiting for another one that makes $root" && flock 9; }
# The root that a new one was about to replace.
restore() { [[ -e $root || ! -e $work/old ]] || mv -T "$work/old" "$root"; }
restore # of a run that was killed there
made_by_this_script && self_contained "$root" && exit 0
if [[ -e $root && ! -f $root/packages ]]; then
  rmdir "$root" 2>/dev/null || fail 2 "$root exists and is not a root made by this script"
fi
[[ -r $keyring ]] || fail 1 "$keyring is missing; the package debian-archive-keyring has it"

trap 'restore && rm -rf "$work"' EXIT
rm -rf "$work" # of one that was killed
mkdir -p "$work"/{root,state/lists/partial,cache/archives/partial}
: >"$work/status" # no package is installed, so all that is needed gets downloaded
cat >"$work/preferences" <<END
Package: ${packages[*]}
Pin: release a=experimental
Pin-Priority: 500
END
# apt reads this after the machine's apt.conf.d, which keeps its proxies but loses its hooks.
{
  for machine in /etc/apt/apt.conf "${APT_CONFIG:-}"; do
    [[ ! -f $machine ]] || echo "#include \"$machine\";"
  done
  cat <<END
#clear APT::Update;
APT { Architecture "amd64"; Default-Release ""; Install-Recommends "false"; Sandbox::User "root"; };
APT::Update::Error-Mode "any"; // an archive that cannot be reached is an error too
Acquire { Languages "none"; Retries "2"; };
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc { sourcelist "$work/sources.list"; sourceparts "/dev/null"; };
Dir::Etc { preferences "$work/preferences"; preferencesparts "/dev/null"; };
END
} >"$work/apt.conf"
echo "Dir::Etc::main \"$work/apt.conf\";" >"$work/apt_config"
apt_get() { APT_CONFIG=$work/apt_config LC_ALL=C apt-get -q -y "$@" </dev/null >"$work/log" 2>&1; }
complaint() { grep -E '^[EW]:|Depends:' "$work/log" | sort -u || tail -n 3 "$work/log"; }

uris=$(archives) || fail 1 "apt-get cannot read this machine's package sources"
updated=
for uri in $uris; do # more than one when somebody else's archive names its suites like Debian
  printf "deb [arch=amd64 signed-by=$keyring] $uri %s main\n" experimental sid >"$work/sources.list"
  apt_get update && updated=yes && break
  complaint >&2
  grep -q 'does not have a Release file' "$work/log" || fail 1 "cannot read the package lists of $uri"
done
[[ -n $updated ]] || fail 3 "no archive configured on this machine has the suites experimental and sid of Debian"
apt_get install --print-uris "${packages[@]}" || {
  complaint >&2
  fail 3 "the archive configured on this machine has no installable ${packages[*]}"
}
apt_get install --download-only "${packages[@]}" || {
  complaint >&2
  fail 1 "the download failed"
}

new=$work/root
echo "$script" >"$new/packages"
for deb in "$work"/cache/archives/*.deb; do
  dpkg-deb -x "$deb" "$new" || fail 1 "cannot unpack ${deb##*/}"
  dpkg-deb -W "$deb" >>"$new/packages"
done
# LLVM_PATH: comgr would take clang's own headers from the system otherwise.
cat >"$new/run" <<'END'
#!/bin/sh
lib=${0%/*}/usr/lib
for LLVM_PATH in "$lib"/llvm-*; do export LLVM_PATH; done
exec "$lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --inhibit-cache \
  --library-path "$lib/x86_64-linux-gnu" "$@"
END
chmod +x "$new/run"
self_contained "$new" || fail 1 "the unpacked libraries do not find all that they need"

[[ ! -e $root ]] || mv -T "$root" "$work/old"
mv -T "$new" "$root"
echo "rocm-sysroot.sh: made $root ($(du -sh "$root" | cut -f 1)) with" \
  "$(grep -E "^($(IFS='|' && echo "${packages[*]}"))"$'\t' "$root/packages" | tr '\t\n' '  ')"
