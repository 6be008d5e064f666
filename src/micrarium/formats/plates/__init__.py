"""Filesets of many files: plates and sequences, in which every plane lies in a file of its own."""
