#!/usr/bin/env bash
# Builds build/bin/fmnist-*: they find the library by their own place, ../lib.
source "$(dirname "$0")/common.sh"
need_swift
need_packages libpng-dev zlib1g-dev
swift build -c release --product fmnist-classify --scratch-path .build/tools \
  -Xswiftc -static-stdlib >&2
mkdir -p build/bin
strip -o build/bin/.new .build/tools/release/fmnist-classify
chmod 755 build/bin/.new
mv build/bin/.new build/bin/fmnist-classify
