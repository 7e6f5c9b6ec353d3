"""Reads classifiers of scikit-learn: files of skops, joblib and pickle."""
