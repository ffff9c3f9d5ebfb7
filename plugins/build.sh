#!/bin/sh
# Builds the guests into plugins/built/. The bytes depend on the compiler and its path, so there is one of each:
# Debian's rustc-web with its sources, unpacked (not installed) in a folder of its own, builds the standard library
# for WASM. Needs: Debian 12 with its security archive, cargo, rust-lld (part of every Rust toolchain), a C linker.
#
#   plugins/build.sh            builds and replaces plugins/built/*.wasm
#   plugins/build.sh --toolchain   only unpacks the compiler
#   plugins/build.sh --check    builds and fails when the result differs from plugins/built/*.wasm
set -eu
cd "$(dirname "$0")"

VERSION=1.96.0
TOOLS=/tmp/nagaya-toolchain
export CARGO_TARGET_DIR=/tmp/nagaya-guests
# Every folder with a manifest is a plugin.
GUESTS=$(for manifest in */manifest.toml; do dirname "$manifest"; done)

if [ ! -x "$TOOLS/root/usr/bin/rustc" ]; then
    mkdir -p "$TOOLS/debs" "$TOOLS/root"
    (
        cd "$TOOLS/debs"
        apt-get update -qq
        apt-get download rustc-web rust-web-src libstd-rust-web-1.96 libstd-rust-web-dev libllvm22
        for package in ./*.deb; do dpkg-deb -x "$package" "$TOOLS/root"; done
    )
fi

RUSTC="$TOOLS/root/usr/bin/rustc"
LD_LIBRARY_PATH="$TOOLS/root/usr/lib/x86_64-linux-gnu"
export RUSTC LD_LIBRARY_PATH
"$RUSTC" --version | grep -q "rustc $VERSION" || {
    echo "build.sh: $RUSTC is not $VERSION; remove $TOOLS and try again" >&2
    exit 1
}
[ "${1:-}" = --toolchain ] && exit 0
if ! command -v rust-lld >/dev/null; then
    lld=$(find "${RUSTUP_HOME:-$HOME/.rustup}/toolchains" -name rust-lld | sort | head -n 1)
    PATH="$PATH:$(dirname "$lld")"
fi

# Nothing of this machine ends up in the file.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
RUSTFLAGS="--remap-path-prefix=$TOOLS/root=/rust --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/plugins"
export RUSTFLAGS RUSTC_BOOTSTRAP=1

packages=$(for guest in $GUESTS; do echo "-p $guest"; done)
# shellcheck disable=SC2086 # one word each
cargo build --locked --release -Z build-std=std,panic_abort --target wasm32-unknown-unknown $packages
for guest in $GUESTS; do
    made="$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/$(echo "$guest" | tr - _).wasm"
    if [ "${1:-}" = --check ]; then
        cmp "$made" "built/$guest.wasm"
    else
        mkdir -p built
        cp "$made" "built/$guest.wasm"
    fi
    wc -c "built/$guest.wasm"
done
# Tells CI that these are built from the sources as they stand.
[ "${1:-}" = --check ] || ../.ci/guest-stamp >built/stamp
