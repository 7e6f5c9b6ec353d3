"""Reads PyTorch checkpoints, safetensors and .npz files; PyTorch itself is not needed."""
