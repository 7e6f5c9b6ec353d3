#!/usr/bin/env bash
# Builds build/lib/libfmnistrt.so.0: Embedded Swift, stripped, needing libc and libm only.
source "$(dirname "$0")/common.sh"
version=${1:?version}
major=${version%%.*}
need_swift

swift build -c release --traits Embedded --product fmnistrt --scratch-path .build/embedded >&2
built=.build/embedded/release/libfmnistrt.so

mkdir -p build/lib/pkgconfig build/lib/cmake/fmnistrt build/include
# Renamed into place, so that a running program keeps the library that it has mapped.
strip --strip-unneeded -o "build/lib/.new" "$built"
chmod 755 build/lib/.new
mv build/lib/.new "build/lib/libfmnistrt.so.$version"
ln -sf "libfmnistrt.so.$version" "build/lib/libfmnistrt.so.$major"
ln -sf "libfmnistrt.so.$major" build/lib/libfmnistrt.so
cp include/fmnistrt.h build/include/
for file in fmnistrt.pc fmnistrt-config.cmake fmnistrt-config-version.cmake; do
  case $file in
    *.pc) folder=build/lib/pkgconfig ;;
    *) folder=build/lib/cmake/fmnistrt ;;
  esac
  sed "s|@VERSION@|$version|g; s|@MAJOR@|$major|g" "Packaging/$file.in" >"$folder/$file"
done
printf 'build/lib/libfmnistrt.so.%s: %d KB\n' "$version" \
  $(($(stat -c %s "build/lib/libfmnistrt.so.$version") / 1024))
