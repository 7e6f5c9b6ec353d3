#!/usr/bin/env bash
# Measures fmnistrt and other runtimes in turn. The arguments go to Benchmarks/peers; --help lists them.
source "$(dirname "$0")/common.sh"
need_packages dataset-fashion-mnist libgomp1
peers=Benchmarks/peers
environment=.venv-peers
python=$environment/bin/python

pip_install() { "$python" -m pip install --disable-pip-version-check -q "$@" >&2; }

# A line at a time when not all can be had: what is missing is said in the table.
install_all() {
  local options=("${@:2}") line
  pip_install "${options[@]}" -r "$1" && return 0
  while IFS= read -r line; do
    [[ -z $line || $line == \#* ]] || pip_install "${options[@]}" "$line" || say "no $line"
  done <"$1"
}

base=$(command -v python3 || true)
[[ -n $base ]] || { need_packages python3 python3-venv && base=/usr/bin/python3; }
want=$(cat "$peers"/requirements*.txt && "$base" --version && pwd)
stamp=$environment/.installed
if [[ ! -x $python || ! -f $stamp || $(<"$stamp") != "$want" ]]; then
  say "Installing the peers into $environment"
  "$base" -c 'import ensurepip' 2>/dev/null || need_packages python3-venv
  "$base" -m venv --clear "$environment"
  install_all "$peers/requirements.txt"
  install_all "$peers/requirements-alone.txt" --no-deps
  printf '%s\n' "$want" >"$stamp"
fi

[[ -e build/lib/libfmnistrt.so.0 ]] || make --no-print-directory lib
export FMNISTRT_LIBRARY=$PWD/build/lib/libfmnistrt.so.0
export PYTHONPATH=$PWD/Benchmarks:$PWD/Converters/src
# TensorFlow, which only writes files here, says at every start what it found.
export TF_CPP_MIN_LOG_LEVEL=3
exec "$python" -m peers "$@"
