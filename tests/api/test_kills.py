"""A server killed with SIGKILL at moments all over its imports: what is there is whole, and what is not whole is not there."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.api.killing import PATIENCE_S, Sources, asking, check_whole, count_deeds, fault_settings, wait_idle

from micrarium.testing.servers import start_server

Expected = dict[str, np.ndarray[Any, np.dtype[Any]]]


class House:
    """A data folder whose server is killed again and again, and what it should have."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.expected: Expected = {}
        self.password: str | None = None
        self.token = ""
        self.rounds = 0
        #: How often the server died of a deed of its own, and not because all was done before it came to that.
        self.own_deaths = 0

    def kill_once(self, *, at: int = 0, after_s: float | None = None) -> int:
        """Import new files on a server that dies before its ``at``-th deed, or so many seconds after the imports were asked for.

        Start it again, and hold it to having all or nothing of each image. Then ask again: all are there. How many deeds it did.
        """
        sources = Sources(self.folder / str(self.rounds)).make(self.rounds)
        self.rounds += 1
        self.expected |= sources.pixels
        settings = fault_settings(self.folder, self.data, at=at)
        with start_server(self.data, admin_password=self.password, settings=settings) as server:
            self.password, self.token = server.admin_password, self.token or server.token
            with asking(server, self.token, sources) as (thread, _):
                if after_s is not None:
                    time.sleep(after_s)  # the moment of the kill
                else:
                    thread.join(PATIENCE_S)
                    wait_idle(server, self.token, is_mortal=True)
                    self.own_deaths += server.process.poll() == -signal.SIGKILL
                server.process.kill()
            server.process.wait()
        deeds = count_deeds(self.folder)
        with start_server(self.data, admin_password=self.password) as server:
            wait_idle(server, self.token)
            check_whole(self.data, self.expected, is_complete=False)
            with asking(server, self.token, sources) as (_, refused):
                pass
            assert refused == []
            jobs = wait_idle(server, self.token)
            assert [job for job in jobs if job["state"] != "done"] == []
            assert [job["result"]["failed"] for job in jobs if job["result"]["failed"]] == []
            check_whole(self.data, self.expected, is_complete=True)
        print(f"round {self.rounds}: killed {f'at deed {at}' if at else f'after {after_s} s'} of {deeds} deeds")
        return deeds


@pytest.mark.timeout(600)
def test_a_server_killed_in_an_import_has_all_of_an_image_or_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    deeds = house.kill_once()
    assert deeds > 150, "of all imports"
    for part in (0.15, 0.4, 0.65, 0.9):
        house.kill_once(at=int(part * deeds))
    assert house.own_deaths == 4


@pytest.mark.soak
def test_a_server_killed_at_fifty_moments_has_all_of_an_image_or_nothing(tmp_path: Path) -> None:
    house, generator = House(tmp_path), random.Random(4)
    began = time.monotonic()
    deeds = house.kill_once()
    longest_s = time.monotonic() - began
    for number in range(50):
        if number % 2:
            house.kill_once(after_s=generator.uniform(0.0, longest_s / 2))
        else:
            house.kill_once(at=generator.randint(1, deeds))
    assert house.own_deaths > 20
