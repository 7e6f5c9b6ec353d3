# Sourced by test.sh: one function for each step. A step fails by exiting with another code than 0.
# shellcheck shell=bash
# shellcheck source=Scripts/python.sh

c_flags=(-std=c11 -O1 -g -Wall -Wextra -Werror)
c_sources=(Tests/c/main.c Tests/c/check.c Tests/c/test_{permission,calls,options,answers,buffers,executor,fit,profile,threads,files}.c)
binaries=build/tests

step_setup() {
  need_swift
  need_packages gcc g++ libc6-dev binutils make pkg-config qemu-user dataset-fashion-mnist \
    libpng-dev zlib1g-dev
  need_python
}

step_library() { make --no-print-directory tools; }

step_format() {
  swift format lint --strict --recursive --parallel Package.swift Sources Tests
  "$python" -m ruff check
  "$python" -m ruff format --check
}

step_checks() { Tests/checks/library.sh build/lib/libfmnistrt.so.0; }

step_codegen() { Scripts/check-codegen.sh; }

step_headers() {
  local prefix
  mkdir -p "$binaries"
  gcc -std=c99 -pedantic -Wall -Wextra -Werror -Ibuild/include -c Tests/c/header.c -o "$binaries/c99.o"
  g++ -x c++ -std=c++11 -pedantic -Wall -Wextra -Werror -Ibuild/include -c Tests/c/header.c \
    -o "$binaries/c++.o"
  # The example, as a user builds it: with pkg-config, from where the library was installed.
  prefix=$(mktemp -d)
  Scripts/install.sh "$prefix"
  (($(wc -l <Examples/c/classify.c) <= 40))
  # shellcheck disable=SC2046
  cc -std=c99 -Wall -Wextra -Werror Examples/c/classify.c -o "$binaries/classify" \
    $(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags --libs fmnistrt)
  LD_LIBRARY_PATH="$prefix/lib" "$binaries/classify" Tests/models/tiny.fmg | tee "$binaries/example.txt"
  grep -Eq '^[A-Z].*[0-9]%$' "$binaries/example.txt"
  if LD_LIBRARY_PATH="$prefix/lib" "$binaries/classify" nothing.fmg; then return 1; fi
  # The tool finds its library and model where they were installed.
  "$prefix/bin/fmnist-classify" Examples/trousers.png | grep -q 'Trouser'
  rm -r "$prefix"
}

# build_c COMPILER LIBRARY_FOLDER OUTPUT SOURCES... links the test program against a library.
build_c() {
  local compiler=$1 folder=$2 output=$3
  shift 3
  mkdir -p "$binaries"
  # shellcheck disable=SC2086
  $compiler "${c_flags[@]}" -Iinclude "$@" -o "$output" -L"$folder" -Wl,-rpath,"$folder" \
    -l:libfmnistrt.so -lm -pthread
}

build_shipped() {
  build_c gcc "$PWD/build/lib" "$binaries/main" "${c_sources[@]}"
}

step_c() {
  build_shipped
  "$binaries/main" -t Tests
}

step_capped() {
  build_shipped
  FMNISTRT_ISA=v3 "$binaries/main" -t Tests calls options answers buffers executor fit profile fields
  FMNISTRT_ISA=baseline "$binaries/main" -t Tests calls options answers buffers executor fit profile fields
}

step_memory() {
  build_c "gcc -fno-builtin" "$PWD/build/lib" "$binaries/memory" Tests/c/test_memory.c Tests/c/check.c
  "$binaries/memory" -t Tests
}

# emulated CPU ISA: everything but the long sweeps, which the CPU's kind has no part in.
emulated() {
  build_shipped
  FMNISTRT_TEST_BEST_ISA=$2 qemu-x86_64 -cpu "$1" "$binaries/main" -t Tests \
    calls options answers buffers fit profile threads corpus
}

step_nehalem() { emulated Nehalem 1; }
step_haswell() { emulated Haswell 2; }

step_asan() {
  local toolchain
  toolchain=$(dirname "$(readlink -f "$(command -v swiftc)")")
  swift build --sanitize=address --product fmnistrt --scratch-path .build/asan
  # The sanitizer's runtime must be that of the compiler which built the library.
  build_c "$toolchain/clang -fsanitize=address -fuse-ld=lld" "$PWD/.build/asan/debug" \
    "$binaries/main-asan" "${c_sources[@]}"
  # Leaks of this program are counted by the step `memory`.
  ASAN_OPTIONS=detect_leaks=0 LD_LIBRARY_PATH="$toolchain/../lib/swift/linux" \
    "$binaries/main-asan" -t Tests
  # Not with XCTest, which leaks.
  swift test --disable-xctest --sanitize=address --scratch-path .build/asan --filter RuntimeTests
}

step_swift() {
  # The tools among the sources are linked with the shipped library.
  make --no-print-directory lib
  swift test
}

step_python() {
  local folder code=0
  # One by one: the helper modules of one folder are not those of another.
  for folder in Converters/tests Tests/cli Tests/python Benchmarks/peers/tests; do
    "$python" -m pytest -q -n 2 --rootdir . -p no:cacheprovider "$folder" || code=1
  done
  return "$code"
}

step_operators() {
  FMNISTRT_LIBRARY=$PWD/build/lib/libfmnistrt.so.0 \
    "$python" -m pytest -q -n 2 --rootdir . -p no:cacheprovider Tests/operators
}
