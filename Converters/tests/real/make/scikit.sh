#!/usr/bin/env bash
# Makes all files of scikit-learn.
set -euo pipefail
make=$(dirname "$0")/make.sh

$make 3.6 "scikit-learn==0.19.2 scipy==1.1.0 numpy==1.15.4" scikit.py \
  pca-svc.joblib.z ovr.pkl knn-bytes.joblib.gz binary-multinomial.joblib
$make 3.6 "scikit-learn==0.20.4 scipy==1.2.3 numpy==1.16.6" scikit.py \
  mlp-relu.joblib linear-svc.pkl scaled-svc.joblib.bz2 binary-multinomial.pkl knn-manhattan.joblib.z
$make 3.6 "scikit-learn==0.22.2 joblib==0.14.1 scipy==1.4.1 numpy==1.18.5 lz4==3.1.3" scikit.py \
  ties-svc.joblib.lz4 mlp-tanh.pkl multinomial.joblib
$make 3.8 "scikit-learn==0.24.2 joblib==1.0.1 scipy==1.6.3 numpy==1.20.3 lz4==3.1.10" scikit.py \
  platt-svc.joblib.xz minmax-logistic.joblib binary-svc.joblib.lz4 knn-floats.joblib.xz
$make 3.8 "scikit-learn==1.0.2 joblib==1.1.1 scipy==1.7.3 numpy==1.21.6" scikit.py \
  search.pkl binary-mlp.joblib
$make 3.9 "scikit-learn==1.2.2 joblib==1.2.0 scipy==1.10.1 numpy==1.24.4 skops==0.6.0" scikit.py \
  binary-svc.skops mlp-logistic.pkl binary-logistic.skops
$make 3.11 "scikit-learn==1.4.2 joblib==1.4.2 scipy==1.13.0 numpy==1.26.4 skops==0.9.0 lz4==4.3.3" \
  scikit.py knn-bytes.deflated.skops ovr.skops scaled-svc.joblib.lz4
$make 3.11 "scikit-learn==1.9.1 joblib==1.6.0 scipy==1.17.1 numpy==2.4.6 skops==0.16.0" scikit.py \
  platt-svc.deflated.skops minmax-logistic.deflated.skops mlp-relu.joblib knn-manhattan.joblib.gz
$make 3.11 "scikit-learn==1.9.1 joblib==1.6.0 scipy==1.17.1 numpy==2.4.6 keras==3.15.1 \
  tensorflow-cpu==2.21.0" scikit_backbone.py

# Python 2, which has no environments of its own; its pickles are texts.
packages=$(cd "$(dirname "$0")/../../../.." && pwd)/build/real/python2
python2=$(compgen -G "${PYENV_ROOT:-$HOME/.pyenv}/versions/2.7*/bin/python")
"$python2" -m pip install -q --target "$packages" \
  "scikit-learn==0.20.4" "scipy==1.2.3" "numpy==1.16.6"
cd "$(dirname "$0")/../files"
PYTHONPATH=$packages:../make/common "$python2" -c \
  'import runpy, sys; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name="__main__")' \
  ../make/scikit.py binary-logistic.pkl
