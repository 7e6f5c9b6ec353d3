# Python 3.11: scikit-learn==1.9.1 xgboost-cpu==3.2.0 lightgbm==4.7.0 catboost==1.2.10
#     coremltools==9.0
# Python 3.8: mxnet==1.9.1 numpy==1.19.5
"""Small models of tools whose files are not converted: what they are must be told by the content.

They are written to tests/real/foreign.
"""

import os
import sys

import numpy as np

os.chdir(os.path.join(os.getcwd(), "..", "foreign"))
random = np.random.RandomState(0)
x, y = random.rand(60, 4), np.arange(60) % 3


def trees():
    """Models of decision trees."""
    import pickle

    import catboost
    import lightgbm
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(x, y)
    model.save_model("xgboost.json")
    model.save_model("xgboost.ubj")
    model = lightgbm.LGBMClassifier(n_estimators=2, num_leaves=3, verbose=-1).fit(x, y)
    model.booster_.save_model("lightgbm.txt")
    with open("lightgbm.pkl", "wb") as stream:
        pickle.dump(model, stream)
    model = catboost.CatBoostClassifier(iterations=2, depth=2, allow_writing_files=False)
    model.fit(x, y, silent=True)
    model.save_model("catboost.cbm")


def linear():
    """A linear model as Core ML."""
    import coremltools
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(x, y)
    builder = coremltools.models.neural_network.NeuralNetworkBuilder(
        [("x", coremltools.models.datatypes.Array(4))],
        [("y", coremltools.models.datatypes.Array(3))],
    )
    weights = model.coef_, model.intercept_
    builder.add_inner_product("dense", *weights, 4, 3, True, "x", "y")
    coremltools.models.utils.save_spec(builder.spec, "coreml.mlmodel")


def mxnet():
    """A dense layer of MXNet."""
    np.bool = bool
    import mxnet

    net = mxnet.gluon.nn.HybridSequential()
    net.add(mxnet.gluon.nn.Dense(3))
    net.initialize()
    net.hybridize()
    net(mxnet.nd.array(x))
    net.export("mxnet")
    os.rename("mxnet-symbol.json", "mxnet.json")
    os.rename("mxnet-0000.params", "mxnet.params")


if sys.version_info < (3, 9):
    mxnet()
else:
    trees()
    linear()
