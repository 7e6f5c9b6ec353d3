#!/usr/bin/env bash
# Makes files of old and new versions of a tool:
#   make.sh PYTHON "REQUIREMENTS" SCRIPT [ARGUMENTS...]
#   make.sh 3.6 "keras==2.1.6 tensorflow==1.8.0" keras.py bncnn
# PYTHON is a version that pyenv has, or that is on the PATH. The environment with the REQUIREMENTS
# is kept in build/real. SCRIPT, of this folder, runs in the folder of files; it may import
# fashion.py, and the packages that it is named after.
set -euo pipefail
(($# >= 3)) || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2 && exit 2; }
version=$1 requirements=$2 script=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
[[ -f $here/$script ]] || { printf 'make.sh: there is no %s beside it\n' "$script" >&2 && exit 1; }

python=$(compgen -G "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version*/bin/python" | tail -n 1 || true)
[[ -n $python ]] || python=$(command -v "python$version" || true)
[[ -n $python ]] || { printf 'make.sh: there is no Python %s\n' "$version" >&2 && exit 1; }
"$python" -c 'import sys; sys.exit(not sys.version.startswith(sys.argv[1] + "."))' \
  "$(cut -d. -f1,2 <<<"$version")"

environment=$root/build/real/$version-$(sha256sum <<<"$requirements" | cut -c1-12)
if [[ ! -f $environment/requirements ]]; then
  "$python" -m venv --clear "$environment"
  # shellcheck disable=SC2086
  "$environment/bin/python" -m pip install --disable-pip-version-check -q $requirements
  printf '%s\n' "$requirements" >"$environment/requirements"
fi
mkdir -p "$here/../files"
cd "$here/../files"
# Not as a script: the folder of keras.py would come first where that imports keras.
PYTHONPATH=$here/common PYTHONHASHSEED=0 TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 \
  "$environment/bin/python" -c \
  'import runpy, sys; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name="__main__")' \
  "$here/$script" "$@"
