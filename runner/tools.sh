# Sourced by runner/build and runner/lint, after ci/common.sh: what the engine is built with. Installs what is missing, and
# exports what cargo and the C compiler are to know.
# shellcheck shell=bash
source ci/debian.sh

# Beside the workspace's, since a wasm build has flags of its own; the same for every checkout.
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/runner

clang=clang-19
if ! { command -v "$clang" && command -v llvm-ar-19; } >/dev/null; then
  install_packages "clang 19 to compile QuickJS with" "$clang" llvm-19
fi

# The C library's headers; what is linked is the one in Rust's own standard library.
wasi_libc=${XDG_CACHE_HOME:-$HOME/.cache}/rusm/wasi-libc
fetch_wasi_libc() (
  scratch=$(mktemp -dt rusm-wasi-libc.XXXXXX)
  trap 'rm -rf "$scratch"' EXIT
  help="install Debian's wasi-libc by hand: its usr/include as $wasi_libc/include, its version in $wasi_libc/version"
  private_apt "$scratch" "the C library's headers" "$help"
  find_package wasi-libc "*" || why_not_found wasi-libc "$help"
  download "wasi-libc=$version"
  unpack wasi-libc ./usr/include/wasm32-wasip2 "$scratch"
  # Whole or not at all: other scripts may be about the same.
  printf '%s\n' "$version" >"$scratch/usr/version"
  mkdir -p "${wasi_libc%/*}"
  rm -rf "$wasi_libc"
  mv "$scratch/usr" "$wasi_libc"
)
[[ -s $wasi_libc/version ]] || fetch_wasi_libc

source runner/packages.sh
bun=$PWD/runner/platform/node_modules/.bin/bun

# The standard library with its C library, and all else that bytes may depend on. Cargo looks at rustc's version
# alone: these go into flags, so that another standard library or compiler makes it compile anew.
std=$(rustc --print sysroot)/lib/rustlib/wasm32-wasip2/lib
[[ -d $std ]] || die "rustc has no wasm32-wasip2" "ci/setup installs it"
tools() {
  printf 'rustc      %s %s\n' "$(rustc -vV | sed -n 's/^release: //p')" "$(rustc -vV | sed -n 's/^commit-hash: //p')"
  printf 'std        %s\n' "$(cd "$std" && digest_of_files . -type f)"
  printf 'clang      %s\n' "$("$clang" --version | head -n1)"
  printf 'wasi-libc  %s\n' "$(cat "$wasi_libc/version")"
  printf 'bun        %s\n' "$("$bun" --version)"
}
# digest_of_files [arguments of find]: of their paths and contents, in the order of the paths' bytes.
digest_of_files() { find "$@" -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
tools=$(tools)
stamp=$(sha256sum <<<"$tools" | cut -c1-16)

# No path of this machine: cargo names the workspace's own files relative to it, and C's are copied to a folder of cargo's.
c_flags=(
  "--sysroot=$wasi_libc" -isystem "$wasi_libc/include/wasm32-wasip2" "-DRUSM_TOOLS=$stamp"
  "-ffile-prefix-map=$CARGO_TARGET_DIR=/target" "-ffile-prefix-map=$wasi_libc=/wasi-libc"
)
rust_flags=(
  --cfg "rusm_tools=\"$stamp\"" "--check-cfg=cfg(rusm_tools,values(any()))"
  "--remap-path-prefix=$CARGO_TARGET_DIR=/target"
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/rust/deps"
  "--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"
  # The component around it is made by runner/template, and each memory by the host, from an image.
  -Clink-arg=--skip-wit-component -Clink-arg=--import-memory -Clink-arg=--export=__stack_pointer
  # Twice what JavaScript may use of it; a smaller image takes fewer page tables.
  -Clink-arg=-zstack-size=524288
)
# engine_cargo COMMAND...: cargo, for the engine. A shell's own flags would be added to these.
engine_cargo() (
  cd runner
  unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CFLAGS TARGET_CFLAGS
  export RQUICKJS_SYS_NO_WASI_SDK=1 CC_wasm32_wasip2=$clang AR_wasm32_wasip2=llvm-ar-19 CC_SHELL_ESCAPED_FLAGS=1
  CFLAGS_wasm32_wasip2=$(printf '%q ' "${c_flags[@]}")
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf %s "${rust_flags[*]}")
  export CFLAGS_wasm32_wasip2 CARGO_ENCODED_RUSTFLAGS
  cargo "$1" --quiet --locked --release --target wasm32-wasip2 -p rusm-engine "${@:2}"
)

bundle_platform() {
  mkdir -p runner/platform/dist
  local made=runner/platform/dist/platform.js
  (cd runner/platform && "$bun" build main.ts --format=esm --target=browser --minify --outfile=dist/platform.new.js >/dev/null) ||
    die "Bun does not bundle runner/platform/main.ts (its messages are above)"
  # An unchanged one keeps its age, and cargo what it made with it.
  if cmp -s "${made%.js}.new.js" "$made"; then rm "${made%.js}.new.js"; else mv "${made%.js}.new.js" "$made"; fi
}
bundle_platform
