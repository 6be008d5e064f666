"""``python -m micrarium.cli``, the same as ``micrarium``."""

from micrarium.cli.running import main

main()
