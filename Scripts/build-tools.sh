#!/usr/bin/env bash
# Builds build/bin/fmnist-*: they find the library by their own place, ../lib.
source "$(dirname "$0")/common.sh"
need_swift
need_packages libpng-dev zlib1g-dev
mkdir -p build/bin
for tool in fmnist-classify fmnist-bench fmnist-inspect fmnist-eval; do
  swift build -c release --product "$tool" --scratch-path .build/tools -Xswiftc -static-stdlib >&2
  strip -o build/bin/.new ".build/tools/release/$tool"
  chmod 755 build/bin/.new
  mv build/bin/.new "build/bin/$tool"
done
