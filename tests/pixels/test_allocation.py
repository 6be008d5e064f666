"""What is settled holds for a whole process, so each test has one of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Blocks of 16 MiB taken and given back in turn by some threads: prints how many pages were new.
WORK = """
import resource, sys, threading
import numpy as np
from micrarium.pixels.allocation import settle_allocation
settle_allocation()
def work():
    for _ in range(50):
        np.empty(16 << 20, np.uint8).fill(1)
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def count_new_pages(**environment: str) -> int:
    done = subprocess.run([sys.executable, "-c", WORK], env=os.environ | environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told")
def test_large_blocks_are_used_again_unless_the_environment_says_otherwise() -> None:
    apart = count_new_pages(MALLOC_MMAP_THRESHOLD_="65536")  # each block is new memory, of pages that may be huge
    assert apart >= 50
    assert count_new_pages() < apart / 5
