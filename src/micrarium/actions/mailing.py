"""Sending mail through the mail server of the settings."""

from __future__ import annotations

import smtplib
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
        kind = smtplib.SMTP_SSL if is_tls else smtplib.SMTP
        with kind(url.hostname or "localhost", url.port or (465 if is_tls else 25), timeout=TIMEOUT_S) as server:
            if not is_tls and server.has_extn("starttls"):
                server.starttls()
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise Unavailable(f"The mail server did not take the mail to {to}: {error}") from error
