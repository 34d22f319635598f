#!/usr/bin/env bash
# Puts Nucleon's binaries on the PATH of the job's next steps.
#
# Looks, in this order: NUCLEON_BINARY_PATH (a folder or an archive), the runner's tool cache, a download.
# A download is one archive for the platform. Its SHA-256 stands in checksums.txt beside this script, so
# whoever pins this action's commit has pinned the binaries, wherever they are fetched from.
set -euo pipefail
unset BASH_ENV CDPATH ENV GLOBIGNORE
IFS=$' \t\n'
export LC_ALL=C
umask 022

readonly RELEASES=https://github.com/nucleon-dev/nucleon/releases/download
readonly PROGRAMS=(nucleon-render nucleon-plan nucleon-apply nucleon-notify)

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
scratch=
trap 'if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi' EXIT

# Ends the step with a sentence and what to do about it; both also become an annotation.
fail() {
  printf 'error[install]: %s\n  = help: %s\n' "$1" "$2" >&2
  if [[ ${GITHUB_ACTIONS:-} == true ]]; then
    printf '::error title=Nucleon was not installed::%s; %s\n' "$(data "$1")" "$(data "$2")"
  fi
  exit 3
}

# Escapes text for a workflow command.
data() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

need() {
  command -v "$1" >/dev/null || fail "\`$1\` is not on this runner" "install it, or give \`binary-path\`"
}

# Sets `target` (Rust's name) and `arch` (the tool cache's name) for this machine.
detect_platform() {
  local system machine
  system=$(uname -s)
  machine=$(uname -m)
  case $system/$machine in
    Linux/x86_64 | Linux/amd64) target=x86_64-unknown-linux-musl arch=x64 ;;
    Linux/aarch64 | Linux/arm64) target=aarch64-unknown-linux-musl arch=arm64 ;;
    *) fail "there are no binaries for $system on $machine" \
      "use a Linux runner (x86-64 or arm64), or build from source and give \`binary-path\`" ;;
  esac
}

# The SHA-256 that checksums.txt gives for a file name; nothing when it gives none.
expected_sha256() {
  local sum name
  while read -r sum name; do
    if [[ $name == "$1" ]]; then printf '%s' "$sum"; fi
  done <"$here/checksums.txt"
}

# The version of the first archive in checksums.txt: the one this ref was released with.
released_version() {
  local sum name
  while read -r sum name; do
    if [[ $sum != '#'* && $name == nucleon-*-"$target".tar.gz ]]; then
      name=${name#nucleon-}
      printf '%s' "${name%-"$target".tar.gz}"
      return
    fi
  done <"$here/checksums.txt"
}

sha256() {
  local line
  if command -v sha256sum >/dev/null; then line=$(sha256sum <"$1"); else line=$(shasum -a 256 <"$1"); fi
  printf '%s' "${line%% *}"
}

# Refuses an archive that is not the one that was released.
verify() {
  local archive=$1 expected=$2 found
  found=$(sha256 "$archive")
  [[ $found == "$expected" ]] || fail \
    "${archive##*/} has the SHA-256 $found, but $expected was released" \
    "do not use this file; if it comes from a mirror, copy it again from the release"
}

download() {
  local url=$1 file=$2
  need curl
  # curl reads the proxy variables itself. The checksum protects what plain HTTP would not.
  curl --fail --silent --show-error --location --proto '=https,http' --connect-timeout 20 \
    --retry 5 --retry-delay 2 --retry-connrefused --output "$file" -- "$url" || fail \
    "$url could not be downloaded" "give \`mirror\` or \`binary-path\` if this runner may not reach it"
}

unpack() {
  need tar
  tar -xzf "$1" -C "$2" --no-same-owner || fail "${1##*/} is not a gzip-compressed tar archive" \
    "give \`binary-path\` a folder, or an archive of a release"
}

# Puts a folder on the PATH of the next steps, once it is known to hold every program.
use() {
  local folder=$1 program
  for program in "${PROGRAMS[@]}"; do
    [[ -f $folder/$program && -x $folder/$program ]] || fail \
      "$folder holds no program \`$program\`" "give \`binary-path\` a folder with ${PROGRAMS[*]}"
  done
  if [[ -n ${GITHUB_PATH:-} ]]; then printf '%s\n' "$folder" >>"$GITHUB_PATH"; fi
  printf 'nucleon: %s\n' "$folder" >&2
}

# The tool cache, or the job's temporary folder where the cache is missing or belongs to somebody else.
cache() {
  local folder=${RUNNER_TOOL_CACHE:-}
  if [[ -z $folder ]] || ! mkdir -p -- "$folder" 2>/dev/null || [[ ! -w $folder ]]; then
    folder=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
  fi
  printf '%s' "$folder"
}

make_scratch() {
  scratch=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/nucleon-install.XXXXXX")
}

use_binary_path() {
  local path=$1 expected folder
  if [[ -d $path ]]; then
    use "$(cd -- "$path" && pwd)"
    return
  fi
  [[ -f $path ]] || fail "\`$path\` does not exist" "give \`binary-path\` a folder or an archive on this runner"
  expected=$(expected_sha256 "${path##*/}")
  if [[ -n $expected ]]; then verify "$path" "$expected"; fi
  folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/nucleon.XXXXXX")
  unpack "$path" "$folder"
  use "$folder"
}

# Installs a version into the tool cache, in the layout that GitHub's own tools use.
install_release() {
  local version=$1 archive=nucleon-$1-$target.tar.gz cached=$2 expected mirror=${NUCLEON_MIRROR:-$RELEASES}
  expected=$(expected_sha256 "$archive")
  [[ -n $expected ]] || fail "this ref of the actions has no checksum for $archive" \
    "leave \`version\` out, or use the actions at the tag v$version"
  make_scratch
  download "${mirror%/}/v$version/$archive" "$scratch/$archive"
  verify "$scratch/$archive" "$expected"
  mkdir -p -- "$scratch/programs"
  unpack "$scratch/$archive" "$scratch/programs"
  mkdir -p -- "${cached%/*}"
  # Jobs on one machine may install at once: whoever is second finds the folder there.
  rm -rf -- "$cached.part.$$"
  mv -- "$scratch/programs" "$cached.part.$$"
  mv -T -- "$cached.part.$$" "$cached" 2>/dev/null || rm -rf -- "$cached.part.$$"
  : >"$cached.complete"
}

main() {
  if [[ -n ${NUCLEON_BINARY_PATH:-} ]]; then
    use_binary_path "$NUCLEON_BINARY_PATH"
    return
  fi
  detect_platform
  local version=${NUCLEON_VERSION:-} cached
  version=${version#v}
  if [[ -z $version ]]; then version=$(released_version); fi
  [[ -n $version ]] || fail "this ref of the actions was not released, so it knows no binaries" \
    "use a released tag such as v1, or build from source and give \`binary-path\`"
  [[ $version =~ ^[0-9A-Za-z.+-]+$ ]] || fail "\`$version\` is not a version" "write it like 1.2.3"
  cached=$(cache)/nucleon/$version/$arch
  if [[ ! -f $cached.complete ]]; then install_release "$version" "$cached"; fi
  use "$cached"
}

main
