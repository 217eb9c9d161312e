"""Bundles laid out for very many rows: trees as arrays, kernels as matrix products, alike columns held once."""
