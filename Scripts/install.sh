#!/usr/bin/env bash
# Copies what build-lib.sh made into a prefix.
source "$(dirname "$0")/common.sh"
prefix=${1:?prefix}
[[ -e build/lib/libfmnistrt.so ]] || fail "nothing to install yet: make lib"
mkdir -p "$prefix/include" "$prefix/lib"
cp build/include/fmnistrt.h "$prefix/include/"
cp -P build/lib/libfmnistrt.so* "$prefix/lib/"
cp -R build/lib/pkgconfig build/lib/cmake "$prefix/lib/"
