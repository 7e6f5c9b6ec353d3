#!/usr/bin/env bash
# Builds build/lib/libfmnistrt.so.0: Embedded Swift, stripped, needing libc and libm only; and
# libfmnistrt-threads.so.0, in C.
source "$(dirname "$0")/common.sh"
version=${1:?version}
major=${version%%.*}
need_swift

swift build -c release --traits Embedded --product fmnistrt --scratch-path .build/embedded >&2
built=.build/embedded/release/libfmnistrt.so

threads=.build/embedded/libfmnistrt-threads.so
"$(dirname "$(readlink -f "$(command -v swiftc)")")/clang" -std=c11 -O2 -fPIC -shared -pthread \
  -ISources/CThreads/include "-Wl,-soname,libfmnistrt-threads.so.$major" -Wl,-z,defs \
  Sources/CThreads/threads.c -o "$threads"

# put FILE NAME: strips a library and renames it into place, so that a running program keeps the one
# that it has mapped.
put() {
  strip --strip-unneeded -R .comment -R .note.gnu.gold-version -o build/lib/.new "$1"
  chmod 755 build/lib/.new
  mv build/lib/.new "build/lib/$2.$version"
  ln -sf "$2.$version" "build/lib/$2.$major"
  ln -sf "$2.$major" "build/lib/$2"
}

mkdir -p build/lib/pkgconfig build/lib/cmake/fmnistrt build/include
put "$built" libfmnistrt.so
put "$threads" libfmnistrt-threads.so
cp include/fmnistrt.h Sources/CThreads/include/fmnistrt-threads.h build/include/
for file in fmnistrt.pc fmnistrt-config.cmake fmnistrt-config-version.cmake; do
  case $file in
    *.pc) folder=build/lib/pkgconfig ;;
    *) folder=build/lib/cmake/fmnistrt ;;
  esac
  sed "s|@VERSION@|$version|g; s|@MAJOR@|$major|g" "Packaging/$file.in" >"$folder/$file"
done
printf 'build/lib/libfmnistrt.so.%s: %d KB\n' "$version" \
  $(($(stat -c %s "build/lib/libfmnistrt.so.$version") / 1024))
