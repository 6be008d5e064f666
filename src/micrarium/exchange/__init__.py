"""Whole data sets in and out: RO-Crate, OME-XML, OME-TIFF, OME-Zarr, originals."""
