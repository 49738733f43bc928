"""Sends mail by SMTP, or prints it to the log where no mail server is named."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from core.config import Config

log = logging.getLogger("firsthand.mail")

TIMEOUT = 20  # seconds for each step of the conversation


def compose(config: Config, *, to: str, subject: str, text: str) -> EmailMessage:
    """A plain-text message; line breaks in a subject would start a new header, so they go."""
    message = EmailMessage()
    message["From"] = config.mail_from
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = make_msgid(domain=_domain(config))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def send(config: Config, message: EmailMessage) -> None:
    """Hand the message to the mail server; raises OSError or SMTPException when it does not take it."""
    if not config.mail_url:
        log.info("mail to %s: %s\n%s", message["To"], message["Subject"], message.get_content())
        return
    address = urlsplit(config.mail_url)
    host, port = address.hostname or "localhost", address.port
    if address.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT)
    with server:
        server.ehlo()
        if address.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
        server.send_message(message)


def _domain(config: Config) -> str:
    domain = parseaddr(config.mail_from)[1].rpartition("@")[2]
    return domain or "localhost"
