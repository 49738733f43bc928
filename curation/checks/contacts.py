"""Looks for e-mail addresses of people outside the company, and for phone numbers."""

import re
from collections.abc import Iterator

from curation.checks.findings import Check, Severity
from curation.checks.sensitive import DOT, Spot

_ADDRESS = re.compile(
    r"(?<![\w.+%-])([\w.+%-]{1,64})@((?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})(?![\w-]|\.\w|:\S)"
)
# Where private people have their mail.
_HOSTS = """
    aol.com bluewin.ch comcast.net fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch
    gmx.de gmx.net googlemail.com hey.com hotmail.com hotmail.de icloud.com interia.pl
    laposte.net libero.it live.com mac.com mail.com mail.ru mailbox.org me.com msn.com o2.pl
    onet.pl orange.fr outlook.com outlook.de pm.me posteo.de proton.me protonmail.com qq.com
    seznam.cz t-online.de tutanota.com web.de wp.pl yahoo.co.uk yahoo.com yahoo.de yandex.ru
    ymail.com zoho.com
"""
_PRIVATE = frozenset(_HOSTS.split())
# Names in front of the @ that belong to no person, or to an example of one.
_DESKS = """
    abuse accounting accounts admin alerts anyone apps billing bot careers community contact
    customer customercare customerservice data dev developer donotreply editor email enquiries
    events example feedback finance firstname foo git hello help helpdesk hi hr info inquiries
    invoice invoices it janedoe jobs johndoe kontakt legal list lists mail mailer marketing me
    media member moderator my name news newsletter nobody noreply notifications office ops
    orders partner partners payroll person post postmaster press privacy recruiting register
    registration reply reports returns root sales secretary security service services shop
    somebody someone staff subscribe support sysadmin system team test travel user username
    webmaster welcome you your
"""
_ROLES = frozenset(_DESKS.split())
_RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu|de)|[\w-]+\.(?:example|test|invalid|localhost|local|internal)|domain\.(?:com|tld)"
    r"|company\.com|foo\.com|bar\.com|test\.com|acme\.com|yourcompany\.com|mycompany\.com|email\.com|host\.com|users\.noreply\.github\.com|calendar\.google\.com)$"
    r"|\.(?:plist|service|timer|socket|py|js|ts|sh|md|txt|json|ya?ml|png|jpe?g|git|conf|cfg|log)$",
    re.I,
)

_INTERNATIONAL = re.compile(r"(?<![\w+)\]/=.-])\+[1-9](?:[ \t./()-]{0,3}\d){6,14}(?!\d)")
_LABELLED = re.compile(
    r"\b(?:tel(?:efon|ephone)?|phone|mobile?|mobil|cell|handy|fax|hotline|call|dial|rufen?|anrufen)\b[^\d\n+]{0,20}"
    r"(\(?0?\d(?:[ \t./()-]{0,3}\d){6,13})(?!\d)",
    re.I,
)
_AMERICAN = re.compile(
    r"(?<![\w.+/=-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-]|\.\d)"
)
_LABELS = ("tel", "phone", "mobil", "cell", "handy", "fax", "hotline", "call", "dial", "ruf")
_FREE = ("800", "833", "844", "855", "866", "877", "888")


def contacts(body: str) -> Iterator[Spot]:
    if "@" in body:
        yield from _addresses(body)
    yield from _phones(body)


def _addresses(body: str) -> Iterator[Spot]:
    for found in _ADDRESS.finditer(body):
        local, domain = found[1], found[2].lower()
        if (
            _is_role(local.lower())
            or _RESERVED.search(domain)
            or _is_in_address(body, found.start())
        ):
            continue
        if domain in _PRIVATE:
            sentence = "This is somebody's private e-mail address."
        else:
            sentence = "This is an e-mail address of somebody outside the company."
        shown = f"{local[0]}{DOT * 3}@{domain}"
        yield Spot(
            Check.PERSONAL,
            Severity.LOOK,
            found.start(),
            found.end(),
            sentence,
            shown,
            domain="" if domain in _PRIVATE else domain,
        )


def _is_in_address(body: str, at: int) -> bool:
    """What stands before the @ in https://name:password@host is nobody's mail."""
    before = body[max(0, at - 100) : at].split()
    return bool(before) and "://" in before[-1] and not body[at - 1].isspace()


def _is_role(local: str) -> bool:
    parts = re.split(r"[._+%-]", local)
    if local in ("john.doe", "jane.doe", "first.last"):
        return True
    return any(part in _ROLES for part in parts) or not any(map(str.isalpha, local))


def _phones(body: str) -> Iterator[Spot]:
    if "+" in body:
        for found in _INTERNATIONAL.finditer(body):
            digits = _digits(found[0])
            # A long run of digits without a space is as often a change in a patch, or a sum.
            if _is_free(digits) or (found[0][1:].isdigit() and not 11 <= len(digits) <= 14):
                continue
            yield _phone(found.start(), found.end(), found[0])
    for found in _AMERICAN.finditer(body):
        digits = _digits(found[0])[-10:]
        if not _is_free(digits) and digits[0] not in "01" and digits[3:8] != "55501":
            yield _phone(found.start(), found.end(), found[0])
    lowered = body.lower()
    if any(label in lowered for label in _LABELS):
        for found in _LABELLED.finditer(body):
            if not _is_free(_digits(found[1])):
                yield _phone(*found.span(1), found[1])


def _is_free(digits: str) -> bool:
    """A number that everybody may call belongs to a desk, not to a person."""
    return digits.removeprefix("1")[:3] in _FREE and len(digits.removeprefix("1")) == 10


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _phone(start: int, end: int, written: str) -> Spot:
    return Spot(
        Check.PERSONAL,
        Severity.NOTE,
        start,
        end,
        "This is a phone number. If it is a person's own, leave it out.",
        f"{written[:3].strip()}{DOT * 6}{_digits(written)[-2:]}",
    )
