#!/usr/bin/env bash
# What the shipped library exports, needs and weighs: library.sh build/lib/libfmnistrt.so.0
set -euo pipefail
export LC_ALL=C
library=${1:?path of the library}
header=$(dirname "$0")/../../include/fmnistrt.h
bad=0

complain() {
  printf '%s: %s\n' "$library" "$*" >&2
  bad=1
}

exported=$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)
declared=$(sed 's|/\*.*\*/||' "$header" | grep -oE '^[a-z].*\bfmnist_[a-z_]+\(' |
  grep -oE 'fmnist_[a-z_]+\($' | tr -d '(' | sort)
(($(wc -l <<<"$declared") >= 20)) || complain "only $(wc -l <<<"$declared") functions found in $header"
differences=$(diff <(echo "$declared") <(echo "$exported") || true)
[[ -z $differences ]] ||
  complain "header (<) and exports (>) differ:"$'\n'"$differences"

needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for name in $needed; do
  case $name in
    libc.so.6 | libm.so.6 | ld-linux-x86-64.so.2) ;;
    *) complain "needs $name" ;;
  esac
done

soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[[ $soname == libfmnistrt.so.0 ]] || complain "its name is '$soname'"
! readelf -d "$library" | grep -E '\((RPATH|RUNPATH)\)' | grep -qvF '[$ORIGIN]' || complain "has a search path"
! readelf -d "$library" | grep -q TEXTREL || complain "has text relocations"
readelf -lW "$library" | grep 'GNU_STACK' | grep -q 'RW ' || complain "has an executable stack"
! readelf -lW "$library" | grep -qE 'LOAD.*RWE' || complain "has memory to write and execute"

size=$(stat -L -c %s "$library")
((size <= 400 * 1024)) || complain "$size bytes; at most 400 KB are allowed"
! readelf -SW "$library" | grep -q '\.symtab' || complain "is not stripped"

# Text in the library that would tell where it was built.
! strings "$library" | grep -F "$PWD" || complain "holds the path of its source"

echo "$(wc -l <<<"$exported") functions, $size bytes, needs: $(tr '\n' ' ' <<<"$needed")"
exit "$bad"
