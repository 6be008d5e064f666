"""An LDAP directory of one's own for tests: Debian's slapd, started in a temporary folder on a free port, gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from micrarium.errors import Unavailable
from micrarium.testing.servers import find_free_port

BASE = "dc=example,dc=org"
ADMIN_DN, ADMIN_PASSWORD = f"cn=admin,{BASE}", "the searcher's secret"
START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Directory:
    """A running directory: its address, the certificate that vouches for it, and its programs' folder."""

    url: str
    ca_file: Path
    process: subprocess.Popen[bytes]

    def change(self, ldif: str) -> None:
        """Change entries, as an administrator of the directory would."""
        command = ["ldapmodify", "-x", "-H", self.url, "-D", ADMIN_DN, "-w", ADMIN_PASSWORD]
        subprocess.run(command, input=ldif, text=True, check=True, capture_output=True)


def find_slapd() -> str:
    """The path of slapd. Raises ``Unavailable``, naming the command that installs it."""
    found = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/local/sbin")
    if found is None or shutil.which("ldapmodify") is None:
        raise Unavailable("slapd is not installed. Run: apt-get install -y --no-install-recommends slapd ldap-utils")
    return found


def person(uid: str, *, first: str, last: str, password: str, mail: str = "") -> str:
    """An entry of somebody, as LDIF."""
    lines = [f"dn: uid={uid},ou=people,{BASE}", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {first} {last}"]
    lines += [f"sn: {last}", f"givenName: {first}", f"userPassword: {password}", *([f"mail: {mail}"] if mail else [])]
    return "\n".join(lines) + "\n"


def group(name: str, members: Sequence[str]) -> str:
    """An entry of a group of people, as LDIF."""
    lines = [f"dn: cn={name},ou=groups,{BASE}", "objectClass: groupOfNames", f"cn: {name}"]
    return "\n".join([*lines, *(f"member: uid={uid},ou=people,{BASE}" for uid in members)]) + "\n"


@contextmanager
def start_directory(entries: Sequence[str]) -> Iterator[Directory]:
    """A directory with these entries below ``ou=people`` and ``ou=groups``, stopped and removed at the end of the context."""
    program = find_slapd()
    folder = Path(tempfile.mkdtemp(prefix="ldap-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        _write_configuration(folder)
        units = [f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n" for unit in ("people", "groups")]
        head = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n"
        slapadd = [program, "-T", "add", "-f", str(folder / "slapd.conf")]
        made = subprocess.run(slapadd, input="\n".join([head, *units, *entries]), text=True, check=False, capture_output=True)
        if made.returncode != 0:
            raise Unavailable(f"slapd could not be given its entries: {made.stderr[-2000:]}")
        port = find_free_port()
        url = f"ldap://localhost:{port}"
        with (folder / "log").open("wb") as log:
            command = [program, "-d", "0", "-h", f"ldap://127.0.0.1:{port}", "-f", str(folder / "slapd.conf")]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        _wait(process, port, folder / "log")
        yield Directory(url, folder / "cert.pem", process)
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _write_configuration(folder: Path) -> None:
    (folder / "data").mkdir()
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"]
    subprocess.run(["openssl", "req", "-x509", *key, *subject], check=True, capture_output=True)
    schemas = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    (folder / "slapd.conf").write_text(
        f"{schemas}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\n"
        f"TLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n"
        f'database mdb\nmaxsize 16777216\nsuffix "{BASE}"\nrootdn "{ADMIN_DN}"\nrootpw "{ADMIN_PASSWORD}"\n'
        f"directory {folder}/data\naccess to attrs=userPassword by anonymous auth by * none\naccess to * by users read\n"
    )


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Unavailable(f"slapd did not start: {log.read_text(errors='replace')[-2000:]}")
