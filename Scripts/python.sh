# Sourced: the Python environment of the tests, in .venv.
# shellcheck shell=bash
python=.venv/bin/python

# Makes .venv, and installs into it whenever what is to be installed has changed.
need_python() {
  local base want stamp=.venv/.installed
  base=$(command -v python3 || true)
  [[ -n $base ]] || { need_packages python3 python3-venv && base=/usr/bin/python3; }
  "$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed; $base is $("$base" --version)"
  # Debian's Python comes without what a virtual environment needs.
  "$base" -c 'import ensurepip' 2>/dev/null || need_packages python3-venv
  want=$(sha256sum Converters/pyproject.toml Converters/setup.py && "$base" --version && pwd)
  [[ -x $python && -f $stamp && $(<"$stamp") == "$want" ]] && return 0
  say "Installing Python packages into .venv"
  [[ -x $python ]] && "$python" -c '' 2>/dev/null || "$base" -m venv --clear .venv
  "$python" -m pip install --disable-pip-version-check -q -e './Converters[test]' >&2
  printf '%s\n' "$want" >"$stamp"
}
