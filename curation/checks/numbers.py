"""Looks for numbers of cards, bank accounts and persons, known by their check digits."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from curation.checks.findings import Check, Severity
from curation.checks.sensitive import DOT, Spot

_CARD = re.compile(r"(?<![\w.+/=:-])\d(?:[ -]?\d){12,18}(?![\w-]|[.:]\d)", re.ASCII)
# First digits and lengths of the cards in use: Visa, Mastercard, American Express, Discover, Diners, JCB,
# UnionPay, Maestro.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|(?:50|5[6-9]|6\d)\d{12,17}",
    re.ASCII,
)
# Published by the card companies and payment services for trying things out.
_FOR_TESTS = """
    2223003122003222 30569309025904 3530111333300000 3566002020360505 371449635398431
    378282246310005 378734493671000 38520000023237 4000000000000002 4000000000003220
    4000000000009995 4000056655665556 4012888888881881 4111111111111111 4222222222222
    4242424242424242 5105105105105100 5200828282828210 5555555555554444 6011000990139424
    6011111111111117 6304000000000000
"""
_TEST_CARDS = frozenset(_FOR_TESTS.split())

_IBAN = re.compile(
    r"(?<![\w])([A-Z]{2}\d{2})((?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])", re.ASCII
)
# Length by country, from the registry that SWIFT keeps.
_COUNTRIES = """
    AD:24 AE:23 AL:28 AT:20 BA:20 BE:16 BG:22 BH:22 BR:29 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18
    EE:20 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 HR:21 HU:28 IE:22 IL:23 IS:26
    IT:27 KW:30 KZ:20 LB:28 LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MT:31 MU:30 NL:18
    NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SE:24 SI:19 SK:24 SM:27 TN:24 TR:26
    UA:29 VA:22 XK:20
"""
_IBAN_LENGTHS = {pair[:2]: int(pair[3:]) for pair in _COUNTRIES.split()}
_FROM_TEXTBOOKS = """
    AT611904300234573201 BE68539007547034 CH9300762011623852957 DE89370400440532013000
    DK5000400440116243 ES9121000418450200051332 FR1420041010050500013M02606
    GB29NWBK60161331926819 GB82WEST12345698765432 IT60X0542811101000000123456 NL91ABNA0417164300
    PL61109010140000071219812874
"""
_EXAMPLE_IBANS = frozenset(_FROM_TEXTBOOKS.split())

_SSN = re.compile(
    r"(?<![\w.+/=-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-]|\.\d)", re.ASCII
)
_EXAMPLE_SSNS = frozenset(("123456789", "078051120", "219099999", "111111111", "457555462"))
_PESEL = re.compile(r"(?<![\w.+/=:-])\d{11}(?![\w-]|[.:]\d)", re.ASCII)
_CPR = re.compile(r"(?<![\w.+/=:-])(\d{2})(\d{2})(\d{2})-(\d{4})(?![\w-]|[.:]\d)", re.ASCII)
_BSN = re.compile(r"(?<![\w.+/=:-])\d{4}[. ]?\d{2}[. ]?\d{3}(?![\w-]|[.:]\d)", re.ASCII)
_BSN_NAMES = ("bsn", "burgerservice", "sofinummer")


def numbers(body: str) -> Iterator[Spot]:
    """Bank accounts before cards and cards before persons: the longer number says more surely what it is."""
    yield from _accounts(body)
    yield from _cards(body)
    yield from _persons(body, _SSN, _is_ssn, "a US Social Security number")
    yield from _persons(body, _PESEL, is_pesel, "a Polish PESEL number")
    yield from _persons(body, _CPR, is_cpr, "a Danish CPR number")
    lowered = body.lower()
    if any(name in lowered for name in _BSN_NAMES):  # one in eleven numbers of nine digits would do
        yield from _persons(body, _BSN, is_bsn, "a Dutch citizen service number")


def _cards(body: str) -> Iterator[Spot]:
    for found in _CARD.finditer(body):
        digits = _digits(found[0])
        if not _ISSUERS.fullmatch(digits) or not passes_luhn(digits) or len(set(digits)) < 2:
            continue
        shown = f"{DOT * 4} {digits[-4:]}"
        if digits in _TEST_CARDS:
            what, severity = "This is a payment card number made for tests.", Severity.NOTE
        else:
            what, severity = "This looks like the number of a payment card.", Severity.WARN
        yield Spot(Check.PERSONAL, severity, *found.span(), what, shown)


def _accounts(body: str) -> Iterator[Spot]:
    for found in _IBAN.finditer(body):
        written = _as_long_as_its_country_says(found[0])
        iban = written.replace(" ", "")
        if not is_iban(iban):
            continue
        shown = f"{iban[:4]} {DOT * 6} {iban[-2:]}"
        start, end = found.start(), found.start() + len(written)
        if iban in _EXAMPLE_IBANS:
            what, severity = "This is a bank account number from a textbook.", Severity.NOTE
        else:
            what, severity = "This is the number of a bank account.", Severity.LOOK
        yield Spot(Check.PERSONAL, severity, start, end, what, shown)


def _as_long_as_its_country_says(written: str) -> str:
    """What was matched may go on into the next word, such as the name of the bank."""
    room = _IBAN_LENGTHS.get(written[:2], 0)
    for at, character in enumerate(written):
        room -= character != " "
        if not room:
            return written[: at + 1]
    return written


def _persons(
    body: str, pattern: re.Pattern[str], is_valid: Callable[[str], bool], name: str
) -> Iterator[Spot]:
    for found in pattern.finditer(body):
        if is_valid(_digits(found[0])):
            sentence = f"This looks like {name}, which belongs to one person."
            yield Spot(Check.PERSONAL, Severity.WARN, *found.span(), sentence, DOT * 8)


def passes_luhn(digits: str) -> bool:
    """Every second digit from the right doubled; the sum of all is a multiple of ten."""
    doubled = "0246813579"
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(int(doubled[int(digit)]) for digit in even)) % 10 == 0


def is_iban(iban: str) -> bool:
    """The length of its country, and 1 modulo 97 (ISO 13616)."""
    if _IBAN_LENGTHS.get(iban[:2]) != len(iban):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _is_ssn(digits: str) -> bool:
    return digits not in _EXAMPLE_SSNS


def is_pesel(digits: str) -> bool:
    """A date of birth, whose month tells the century, and a check digit."""
    month = int(digits[2:4])
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[month // 20]
    if not _is_date(century + int(digits[:2]), month % 20, int(digits[4:6])):
        return False
    weighted = sum(
        w * int(d) for w, d in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), digits, strict=True)
    )
    return weighted % 10 == 0


def is_cpr(digits: str) -> bool:
    """A date of birth and four digits; since 2007 many have no valid check digit any more."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    late = digits[6] in "4569" and year <= (36 if digits[6] in "49" else 57)
    return _is_date((2000 if late else 1900) + year, month, day) and digits[6:] != "0000"


def is_bsn(digits: str) -> bool:
    """The eleven test: 9, 8, ... 2 times the first digits, less the last one."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * int(d) for w, d in zip(weights, digits, strict=True))
    return total % 11 == 0 and int(digits) > 0


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
