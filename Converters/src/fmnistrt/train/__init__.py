"""Training recipes for Fashion-MNIST classifiers."""
