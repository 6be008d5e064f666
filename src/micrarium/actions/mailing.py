"""Sending mail through the mail server of the settings."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from micrarium.errors import InvalidInput, Unavailable
from micrarium.settings import Settings

TIMEOUT_S = 20.0


def send_mail(settings: Settings, to: str, subject: str, text: str) -> None:
    """Send a mail to one address. Raises ``Unavailable`` where no mail server is set or it does not take it."""
    if settings.smtp_url is None or settings.mail_from is None:
        raise Unavailable("This server sends no mail; set MICRARIUM_SMTP_URL and MICRARIUM_MAIL_FROM")
    url = urlsplit(settings.smtp_url.get_secret_value())
    is_tls = url.scheme == "smtps"
    try:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
        message.set_content(text)
    except ValueError as error:
        raise InvalidInput(f"This cannot be mailed: {error}") from None
    try:
        context, place = ssl.create_default_context(), (url.hostname or "localhost", url.port or (465 if is_tls else 25))
        opened = smtplib.SMTP_SSL(*place, timeout=TIMEOUT_S, context=context) if is_tls else smtplib.SMTP(*place, timeout=TIMEOUT_S)
        with opened as server:
            server.ehlo()
            if not is_tls and server.has_extn("starttls"):
                server.starttls(context=context)
                is_tls = True
            if url.username and not is_tls and place[0] not in ("localhost", "127.0.0.1", "::1"):
                raise Unavailable("The mail server offers no encryption, so no password is sent to it; use smtps://")
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise Unavailable(f"The mail server did not take the mail to {to}: {error}") from error
