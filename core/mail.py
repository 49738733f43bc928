"""Sends mail by SMTP, or prints it to the log where no mail server is named."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from core import clock
from core.config import Config

log = logging.getLogger("firsthand.mail")

TIMEOUT = 20  # seconds for each step of the conversation


class Unsure(Exception):
    """The server had the whole message when the connection broke: it may have taken it or not."""


def compose(
    config: Config, *, to: str, subject: str, text: str, key: str = "", unsubscribe: str = ""
) -> EmailMessage:
    """A plain-text message; line breaks in a subject would start a new header, so they go.

    The same `key` gives the same Message-ID, by which receivers know a message they have already.
    `unsubscribe` is an address that ends such mail when something is posted to it (RFC 8058).
    """
    message = EmailMessage()
    message["From"] = config.mail_from
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = _message_id(config, key)
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    return message


def send(config: Config, message: EmailMessage) -> None:
    """Hand the message to the mail server.

    Raises OSError, of which SMTPException is one, when it has surely not taken it; else Unsure.
    """
    if not config.mail_url:
        log.info("mail to %s: %s\n%s", message["To"], message["Subject"], message.get_content())
        return
    server = _connect(config)
    try:
        server.send_message(message)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
        raise  # it answered, so it has not taken the message
    except OSError as error:
        if server.has_all:
            raise Unsure(f"{type(error).__name__}: {error}") from error
        raise
    finally:
        _leave(server)


class _Conversation(smtplib.SMTP):
    """Knows whether the server has been sent the message to its end."""

    has_all = False

    def send(self, s: Any) -> None:
        self.has_all = self.has_all or (isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"))
        super().send(s)


class _Encrypted(_Conversation, smtplib.SMTP_SSL):
    pass


def _connect(config: Config) -> _Conversation:
    address = urlsplit(config.mail_url)
    host, port = address.hostname or "localhost", address.port
    context = ssl.create_default_context
    server: _Conversation
    if address.scheme == "smtps":
        server = _Encrypted(host, port or 465, timeout=TIMEOUT, context=context())
    else:
        server = _Conversation(host, port or 25, timeout=TIMEOUT)
    try:
        server.ehlo()
        if address.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context())
            server.ehlo()
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; whether that is answered changes nothing about the message."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError) as error:
        log.debug("the mail server did not say good-bye: %s", error)
    finally:
        server.close()


def _message_id(config: Config, key: str) -> str:
    domain = parseaddr(config.mail_from)[1].rpartition("@")[2] or "localhost"
    if not key:
        return make_msgid(domain=domain)
    digest = sha256(f"{config.base_url} {key}".encode()).hexdigest()
    return f"<{digest[:32]}@{domain}>"
