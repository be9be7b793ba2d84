# Sourced by the scripts of this folder and by .ci/run: what they all stand on.
# shellcheck shell=bash
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A shell that never read rustup's profile lines finds cargo all the same.
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# Outside the checkout: a fresh clone then starts from the last one's build of wasmtime.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rusm/target}

# Bun and the TypeScript compiler, where ci/setup had to install them. The machine's own come first.
tools=${XDG_CACHE_HOME:-$HOME/.cache}/rusm/tools
export PATH=$PATH:$tools/node_modules/.bin

# Cargo knows the workspace's crates by their place in the workspace and their age by the clock, so in a shared folder
# it takes what another checkout built for its own. Where another one was the last to build, all is made newer.
claim_target() {
  local owner=$CARGO_TARGET_DIR/.checkout
  [[ $(cat "$owner" 2>/dev/null) != "$PWD" ]] || return 0
  mkdir -p "$CARGO_TARGET_DIR"
  find crates sdk runner \( -name target -o -name node_modules \) -prune -o -type f \( -name '*.rs' -o -name '*.toml' -o -name '*.wit' \) -exec touch {} +
  printf '%s\n' "$PWD" >"$owner"
}
claim_target

ok() { printf 'ok    %s\n' "$*"; }
doing() { printf '...   %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '%s\n' "$@" | sed 's/^/       /' >&2
  exit 1
}

# The comment that heads a script is its help.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$self"; }
