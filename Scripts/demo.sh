#!/usr/bin/env bash
# From a fresh clone to classified pictures.
source "$(dirname "$0")/common.sh"
need_swift
need_packages libpng-dev zlib1g-dev binutils
make --no-print-directory tools
say "build/bin/fmnist-classify --model Models/default.fmg Examples/*.png"
build/bin/fmnist-classify --model Models/default.fmg Examples/*.png
