"""A test's site is the one users get: locked, migrated, with its first account."""

from __future__ import annotations

import pytest

from micrarium.actions.opening import Site, admin_actor, lock_data_folder
from micrarium.errors import DataFolderInUse


def test_a_site_has_an_administrator_and_holds_its_folder(site: Site) -> None:
    assert admin_actor(site).is_admin
    with pytest.raises(DataFolderInUse, match="in use"):
        lock_data_folder(site.data)
