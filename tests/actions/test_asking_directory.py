"""Signing in by a directory, asked of a real slapd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from micrarium.actions.asking_directory import ask_directory
from micrarium.actions.entering import enter_with_password
from micrarium.actions.opening import Site
from micrarium.actions.signing_in import Visit
from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotSignedIn, Unavailable
from micrarium.model import Experimenter, ExperimenterGroup, ExternalIdentity, GroupExperimenterMap, Password
from micrarium.permissions import find_by, system_session
from micrarium.settings import Settings
from micrarium.testing.directories import ADMIN_DN, ADMIN_PASSWORD, BASE, Directory, group, person, start_directory

WORD = "a pass phrase of the directory"
Configure = Callable[..., Settings]


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    entries = [
        person("grace", first="Grace", last="Hopper", password=WORD, mail="grace@example.org"),
        person("lise", first="Lise", last="Meitner", password=WORD),
        person("admin", first="Not", last="The Administrator", password=WORD),
        person("star*", first="Star", last="Name", password=WORD),
        group("imaging", ["grace", "lise"]),
        group("lab-blue", ["grace"]),
        group("wheel", ["lise"]),
    ]
    with start_directory(entries) as found:
        yield found


@pytest.fixture
def configure(directory: Directory) -> Configure:
    def make(**given: Any) -> Settings:
        values: dict[str, Any] = {
            "ldap_url": directory.url, "ldap_base": BASE, "ldap_bind_dn": ADMIN_DN, "ldap_bind_password": SecretStr(ADMIN_PASSWORD),
            "ldap_group_map": {"imaging": "Imaging", "lab-*": "Lab *"},
        }  # fmt: skip
        return Settings(**values | given)

    return make


@pytest.fixture
def lab(site: Site, configure: Configure) -> Site:
    """A site whose people are in the directory."""
    given = configure().model_dump(exclude_unset=True)
    site.settings = site.settings.model_copy(update=given)
    return site


def groups_of(site: Site, username: str) -> set[str]:
    with system_session(site.engine, "a test", is_reading=True) as session:
        names = (
            select(ExperimenterGroup.name)
            .join(GroupExperimenterMap, GroupExperimenterMap.parent_id == ExperimenterGroup.id)
            .join(Experimenter, Experimenter.id == GroupExperimenterMap.child_id)
            .where(Experimenter.ome_name == username)
        )
        return set(session.scalars(names))


def enter(site: Site, username: str, password: str = WORD) -> int:
    return enter_with_password(site, username, password, Visit("192.0.2.7", "a test")).actor.id


def test_the_directory_tells_who_somebody_is(configure: Configure) -> None:
    found = ask_directory(configure(), "grace", WORD)
    assert (found.username, found.first_name, found.last_name, found.email) == ("grace", "Grace", "Hopper", "grace@example.org")
    assert set(found.groups) == {"imaging", "lab-blue"}
    assert found.source == "ldap"
    assert len(found.subject) == 36


def test_a_wrong_or_empty_password_and_an_unknown_name_are_told_alike(configure: Configure) -> None:
    told = set()
    for username, password in (("grace", "wrong"), ("grace", ""), ("nobody", WORD), ("", WORD), ("grace", "\x00" + WORD)):
        with pytest.raises(NotSignedIn) as caught:
            ask_directory(configure(), username, password)
        told.add(caught.value.detail)
    assert len(told) == 1


@pytest.mark.parametrize("username", ["*", "gr*", "grace)(uid=*", "*)(objectClass=*", "grace\\2a", "(", "gräce", "gr\x00ace"])
def test_a_name_is_never_read_as_a_part_of_the_filter(configure: Configure, username: str) -> None:
    with pytest.raises(NotSignedIn):
        ask_directory(configure(), username, WORD)


def test_a_name_with_a_star_is_that_name_only(configure: Configure) -> None:
    assert ask_directory(configure(), "star*", WORD).last_name == "Name"


def test_a_name_that_several_entries_have_is_nobodys(configure: Configure) -> None:
    with pytest.raises(NotSignedIn):
        ask_directory(configure(ldap_user_filter="(objectClass=inetOrgPerson)"), "grace", WORD)


def test_the_connection_is_encrypted_and_the_certificate_checked(configure: Configure, directory: Directory) -> None:
    assert ask_directory(configure(ldap_start_tls=True, ldap_ca_file=directory.ca_file), "grace", WORD).username == "grace"
    with pytest.raises(Unavailable, match="cannot be asked"):
        ask_directory(configure(ldap_start_tls=True), "grace", WORD)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"ldap_url": "ldap://localhost:1"}, Unavailable),
        ({"ldap_bind_password": SecretStr("wrong")}, Unavailable),
        ({"ldap_user_filter": "(uid={username}"}, InvalidInput),
        ({"ldap_attributes": {"subject": "objectGUID"}}, Unavailable),
        ({"ldap_base": "dc=elsewhere,dc=org"}, NotSignedIn),
    ],
)
def test_what_stands_in_the_way_is_one_sentence(configure: Configure, given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        ask_directory(configure(**given), "grace", WORD)
    assert "\n" not in str(caught.value)


def test_the_first_sign_in_makes_an_account_with_its_groups(lab: Site) -> None:
    number = enter(lab, "grace")
    assert enter(lab, "GRACE") == number, "the directory's name is the account's, however it is typed"
    assert groups_of(lab, "grace") == {"Imaging", "Lab blue"}
    with system_session(lab.engine, "a test", is_reading=True) as session:
        made = session.get_one(Experimenter, number)
        assert (made.first_name, made.email, made.is_admin) == ("Grace", "grace@example.org", False)
        assert session.get(Password, number) is None
        linked = find_by(session, ExternalIdentity, experimenter_id=number)
        assert linked is not None
        assert linked.issuer == BASE


def test_memberships_follow_the_directory_and_those_given_by_hand_stay(lab: Site, directory: Directory) -> None:
    number = enter(lab, "grace")
    with system_session(lab.engine, "a group by hand") as session:
        by_hand = ExperimenterGroup(name="By hand")
        session.add(by_hand)
        session.flush()
        session.add(GroupExperimenterMap(parent_id=by_hand.id, child_id=number))
    member = f"dn: cn=lab-blue,ou=groups,{BASE}\nchangetype: modify\n%s: member\nmember: uid=%s,ou=people,{BASE}\n\n"
    directory.change(member % ("add", "lise") + member % ("delete", "grace"))
    try:
        enter(lab, "grace")
        assert groups_of(lab, "grace") == {"Imaging", "By hand"}
    finally:
        directory.change(member % ("add", "grace") + member % ("delete", "lise"))
    enter(lab, "grace")
    assert groups_of(lab, "grace") == {"Imaging", "Lab blue", "By hand"}


def test_an_account_with_a_password_here_is_asked_for_that_one(lab: Site) -> None:
    with pytest.raises(NotSignedIn):
        enter(lab, "admin", WORD)
    assert enter(lab, "admin", "correct horse") == 1
    lab.settings = lab.settings.model_copy(update={"ldap_url": "ldap://localhost:1"})
    assert enter(lab, "admin", "correct horse") == 1, "a directory that is away keeps an account of ours out"
    with pytest.raises(Unavailable):
        enter(lab, "grace")


def test_administrators_of_the_directory_are_administrators_while_it_says_so(lab: Site) -> None:
    lab.settings = lab.settings.model_copy(update={"ldap_admin_group": "wheel"})
    number = enter(lab, "lise")

    def is_admin() -> bool:
        with system_session(lab.engine, "a test", is_reading=True) as session:
            return session.get_one(Experimenter, number).is_admin

    assert is_admin()
    lab.settings = lab.settings.model_copy(update={"ldap_admin_group": "nobody is in this"})
    enter(lab, "lise")
    assert not is_admin()
    with system_session(lab.engine, "an administrator by hand") as session:
        session.get_one(Experimenter, number).is_admin = True
    enter(lab, "lise")
    assert is_admin(), "the directory takes back what it did not give"


def test_no_account_is_made_or_taken_over_unless_the_settings_say_so(lab: Site) -> None:
    with system_session(lab.engine, "an account that waits") as session:
        session.add(Experimenter(ome_name="lise"))
    with pytest.raises(Conflict, match="another account"):
        enter(lab, "lise")
    lab.settings = lab.settings.model_copy(update={"account_creation": False})
    with pytest.raises(NotAllowed, match="no account"):
        enter(lab, "grace")
    lab.settings = lab.settings.model_copy(update={"link_by_username": True})
    assert groups_of(lab, "lise") == set()
    enter(lab, "lise")
    assert groups_of(lab, "lise") == {"Imaging"}


def test_an_account_that_is_switched_off_stays_out(lab: Site) -> None:
    number = enter(lab, "grace")
    with system_session(lab.engine, "switch an account off") as session:
        session.get_one(Experimenter, number).is_active = False
    with pytest.raises(NotAllowed, match="switched off"):
        enter(lab, "grace")
