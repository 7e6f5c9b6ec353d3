#!/usr/bin/env bash
# Runs the tests: all steps, or those named (Scripts/test.sh swift c). Each step's output is kept in
# build/test-logs; the last lines of a failed one are shown.
source "$(dirname "$0")/common.sh"
source Scripts/python.sh
source Scripts/test-steps.sh
unset FMNISTRT_ISA FMNISTRT_LIBRARY

# name, what it does; in the order in which they run.
steps=(
  "setup|packages and Python environment"
  "library|build of library and tools"
  "format|swift format lint, ruff"
  "checks|exports, dependencies, size"
  "codegen|machine code of the kernels"
  "headers|header in C99 and C++, packaging"
  "c|C tests on this CPU"
  "capped|C tests, FMNISTRT_ISA=v3, baseline"
  "memory|refused and counted allocations"
  "nehalem|C tests on an emulated Nehalem"
  "haswell|C tests on an emulated Haswell"
  "asan|C and runtime tests, AddressSanitizer"
  "swift|Swift tests"
  "operators|every operator, every instruction set"
  "python|converter, training, binding, tools"
)

known() {
  local step
  for step in "${steps[@]}"; do [[ ${step%%|*} == "$1" ]] && return 0; done
  return 1
}

for name in "$@"; do known "$name" || fail "unknown step $name"; done
wanted() {
  (($#)) || return 0
  [[ " $* " == *" $name "* ]]
}

logs=build/test-logs
mkdir -p "$logs"
table=""
passed=0
failed=0
for step in "${steps[@]}"; do
  name=${step%%|*}
  wanted "$@" || continue
  say "$name: ${step#*|}"
  start=$SECONDS
  # Not in a condition: there, a failing command would not end the step.
  set +e
  (
    set -e
    "step_$name"
  ) >"$logs/$name.log" 2>&1 </dev/null
  code=$?
  set -e
  if ((code == 0)); then
    passed=$((passed + 1)) result=pass
  else
    failed=$((failed + 1)) result=FAIL
    tail -n 60 "$logs/$name.log" >&2
    printf 'The whole output is in %s\n' "$logs/$name.log" >&2
  fi
  table+=$(printf '%-9s %-40s %s %5d s' "$name" "${step#*|}" "$result" $((SECONDS - start)))$'\n'
done
printf '\n%s\n%d passed, %d failed\n' "$table" "$passed" "$failed"
((failed == 0))
