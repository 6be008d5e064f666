"""Pixels, wherever they come from: sources, the OME-Zarr store, pyramids, statistics, checksums, live Zarr."""
