"""Asking an OpenID Connect provider who somebody is: the authorization code flow with PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html, section 3.1; RFC 7636 (PKCE); RFC 9207 (the issuer in the answer).
"""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from cachetools import TTLCache, cached
from sqlalchemy import Engine

from micrarium.actions.linking_accounts import Outsider
from micrarium.actions.signing_in import hash_key
from micrarium.errors import NotFound, NotSignedIn, Unavailable
from micrarium.model import ProviderRequest
from micrarium.permissions import every, find_by, system_session
from micrarium.settings import Settings

TIMEOUT_S = 10.0
#: How long somebody may take at the provider.
PATIENCE = timedelta(minutes=10)
#: How far the provider's clock may be from ours.
LEEWAY_S = 60
#: Signatures with a key of the provider's own. Ours ("HS256") or none would prove nothing.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_ODD = "The sign-in provider's answer is not one that can be trusted; please try again, and tell an administrator if it stays so"


@dataclass(frozen=True, slots=True)
class Going:
    """Where a browser is sent, and what it shows when it comes back."""

    url: str
    state: str


def go_to_provider(engine: Engine, settings: Settings, *, redirect_uri: str, next_path: str) -> Going:
    """Where to send somebody who wants to sign in by the provider. Raises ``Unavailable`` when it does not answer."""
    known = _discover(settings)
    state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    now = datetime.now(UTC)
    with system_session(engine, "send somebody to the provider") as session:
        for old in session.scalars(every(ProviderRequest).where(ProviderRequest.expires_at < now)).all():
            session.delete(old)
        made = ProviderRequest(state_hash=hash_key(state), nonce=nonce, verifier=verifier, next_path=next_path[:2000])
        made.expires_at = now + PATIENCE
        session.add(made)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": settings.oidc_client_id, "redirect_uri": redirect_uri}
    asked |= {"scope": settings.oidc_scopes, "state": state, "nonce": nonce}
    asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    endpoint = str(known["authorization_endpoint"])
    return Going(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state)


def come_back(
    engine: Engine, settings: Settings, answer: Mapping[str, str], *, state: str, redirect_uri: str
) -> tuple[Outsider, str]:
    """Who the provider says somebody is, and the page they wanted. ``state`` is what their browser kept.

    Raises ``NotSignedIn`` for an answer that was not asked for by this browser, was used before, came too late or is not
    signed as it should be; ``Unavailable`` when the provider does not answer.
    """
    begun = _take_request(engine, answer.get("state", ""), state)
    known = _discover(settings)
    if "error" in answer:
        told = " ".join(answer.get("error_description", answer["error"]).split())[:200]
        raise NotSignedIn(f"The sign-in provider did not let you in: {told}")
    if answer.get("iss", known["issuer"]) != known["issuer"] or not answer.get("code"):
        raise NotSignedIn(_ODD)
    tokens = _redeem(settings, known, answer["code"], redirect_uri, begun.verifier)
    claims = check_id_token(settings, str(tokens.get("id_token", "")), nonce=begun.nonce)
    if known.get("userinfo_endpoint") and tokens.get("access_token"):
        told_more = _ask_more(str(known["userinfo_endpoint"]), str(tokens["access_token"]))
        if told_more.get("sub") != claims["sub"]:
            raise NotSignedIn(_ODD)
        claims = told_more | claims
    return _describe(settings, claims), begun.next_path


def check_id_token(settings: Settings, text: str, *, nonce: str, now: float | None = None) -> dict[str, Any]:
    """The claims of an ID token of the provider, for us, of now and of this sign-in; else ``NotSignedIn``."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    issuer = str(_discover(settings)["issuer"])
    rules = jwt.JWTClaimsRegistry(
        now=int(now if now is not None else time.time()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = _decode(settings, text).claims
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        raise NotSignedIn(_ODD) from error
    audience = claims["aud"]
    if claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise NotSignedIn(_ODD)
    return dict(claims)


def _decode(settings: Settings, text: str) -> Any:
    """A token whose signature is the provider's. Its keys are asked for anew when it has changed them."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    address = str(_discover(settings)["jwks_uri"])
    try:
        return jwt.decode(text, _keys_at(address), algorithms=_ALGORITHMS)
    except (JoseError, ValueError):
        with _KEYS_LOCK:
            _KEYS.pop(address, None)
        return jwt.decode(text, _keys_at(address), algorithms=_ALGORITHMS)


def _take_request(engine: Engine, state: str, kept: str) -> ProviderRequest:
    """What was begun under a state, which is then used up. Only the browser that began it has the same state kept."""
    with system_session(engine, "somebody comes back from the provider") as session:
        found = find_by(session, ProviderRequest, state_hash=hash_key(state))
        is_ours = bool(state) and secrets.compare_digest(state.encode(), kept.encode())
        if found is None or not is_ours:
            raise NotSignedIn("This sign-in was not begun in this browser, or was used already; please begin again")
        session.delete(found)
    if found.expires_at < datetime.now(UTC):
        raise NotSignedIn("This sign-in took too long; please begin again")
    return found


def _describe(settings: Settings, claims: Mapping[str, Any]) -> Outsider:
    def text(name: str) -> str:
        return str(claims.get(name) or "").strip()

    groups = claims.get(settings.oidc_group_claim) or ()
    if isinstance(groups, str):
        groups = [groups]
    return Outsider(
        source="oidc",
        issuer=text("iss"),
        subject=text("sub"),
        username=text(settings.oidc_username_claim),
        first_name=text("given_name"),
        last_name=text("family_name") or ("" if text("given_name") else text("name")),
        email=text("email") or None,
        groups=tuple(str(group) for group in groups) if isinstance(groups, list | tuple) else (),
    )


_KNOWN: TTLCache[str, dict[str, Any]] = TTLCache(8, 600)
_KEYS: TTLCache[str, Any] = TTLCache(8, 600)
_KEYS_LOCK = Lock()


def _discover(settings: Settings) -> dict[str, Any]:
    """What the provider says of itself. Raises ``NotFound`` where none is set."""
    if settings.oidc_issuer is None:
        raise NotFound("This site has no sign-in provider; sign in with a name and a password")
    return _known_at(settings.oidc_issuer)


def check_provider(settings: Settings) -> None:
    """Nothing when the provider answers now, describes itself as the issuer that is set and shows keys; else ``Unavailable``."""
    known = _look_at(settings.oidc_issuer or "")
    if not _fetch("GET", str(known["jwks_uri"])).get("keys"):
        raise Unavailable(f"{settings.oidc_issuer} shows no keys at {known['jwks_uri']}, so nobody could be recognised")


@cached(_KNOWN, lock=Lock())
def _known_at(issuer: str) -> dict[str, Any]:
    return _look_at(issuer)


def _look_at(issuer: str) -> dict[str, Any]:
    known = _fetch("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if known.get("issuer", "").rstrip("/") != issuer.rstrip("/") or any(name not in known for name in needed):
        raise Unavailable(f"{issuer} does not describe itself as an OpenID provider; an administrator checks MICRARIUM_OIDC_ISSUER")
    return known


@cached(_KEYS, lock=_KEYS_LOCK)
def _keys_at(address: str) -> Any:
    from joserfc.jwk import KeySet

    found = _fetch("GET", address)
    return KeySet.import_key_set({"keys": [key for key in found.get("keys", ()) if key.get("use", "sig") == "sig"]})


def _redeem(settings: Settings, known: Mapping[str, Any], code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
    """The tokens that a code stands for; it works once."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    ways = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    if secret is not None and "client_secret_basic" in ways:
        # RFC 6749, 2.3.1: both are spelled as in a form before they are joined.
        auth = httpx.BasicAuth(quote(settings.oidc_client_id, safe=""), quote(secret, safe=""))
        return _fetch("POST", str(known["token_endpoint"]), data=form, auth=auth)
    form["client_id"] = settings.oidc_client_id
    return _fetch("POST", str(known["token_endpoint"]), data=form | ({"client_secret": secret} if secret else {}))


def _ask_more(address: str, access_token: str) -> dict[str, Any]:
    return _fetch("GET", address, headers={"Authorization": f"Bearer {access_token}"})


def _fetch(method: str, address: str, **options: Any) -> dict[str, Any]:
    """What the provider answers, an object of JSON. A refusal is ``NotSignedIn``, silence ``Unavailable``."""
    headers = {"Accept": "application/json"} | options.pop("headers", {})
    try:
        answer = httpx.request(method, address, timeout=TIMEOUT_S, headers=headers, **options)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unavailable("The sign-in provider does not answer; try again later, or sign in with a password") from error
    if answer.status_code >= 500 or not isinstance(found, dict):
        raise Unavailable("The sign-in provider does not work at the moment; try again later, or sign in with a password")
    if answer.is_error:
        raise NotSignedIn(
            f"The sign-in provider did not accept the sign-in ({found.get('error', answer.status_code)}); begin again"
        )
    return found
