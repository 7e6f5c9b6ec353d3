#!/usr/bin/env bash
# Copies what was built into a prefix: the library, and the tools with the models if there are any.
source "$(dirname "$0")/common.sh"
prefix=${1:?prefix}
[[ -e build/lib/libfmnistrt.so ]] || fail "nothing to install yet: make lib"
mkdir -p "$prefix/include" "$prefix/lib"
cp build/include/*.h "$prefix/include/"
cp -P build/lib/libfmnistrt*.so* "$prefix/lib/"
cp -R build/lib/pkgconfig build/lib/cmake "$prefix/lib/"
if compgen -G "build/bin/*" >/dev/null; then
  mkdir -p "$prefix/bin" "$prefix/share/fmnistrt"
  cp build/bin/* "$prefix/bin/"
  cp Models/*.fmg "$prefix/share/fmnistrt/"
fi
