"""Checks for secrets and personal data, and that a report never shows one of them whole."""

import pytest

from curation import checks
from curation.checks import Check, Finding, Severity
from curation.checks.numbers import is_bsn, is_cpr, is_iban, is_pesel, passes_luhn


def found(body: str, check: Check) -> list[Finding]:
    report = checks.of_text(body, "story", own_domains={"firsthand.test"})
    return [finding for finding in report if finding.check is check]


# Put together here, so that nothing in this file looks like a secret to others who look for them.
SECRETS = [
    "AKIA" + "Q3EGRIZ7PLM5T2WX",
    "ghp_" + "a8Kd93jLmQ2xZ7vB1nC4tY6uR0pW5sE9fGhJ",
    "github_pat_" + "11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789abcdefghijklmnop",
    "glpat-" + "x7Kd93jLmQ2xZ7vB1nC4",
    "xoxb-" + "2718281828-3141592653-aBcDeFgHiJkLmNoP",
    "https://hooks.slack.com/services/" + "T02A1B2C3/B04D5E6F7/q8W7e6R5t4Y3u2I1o0P9",
    "AIza" + "SyD3kF8vQ1xW9zL2mN7bH4jG6tR5yU0pE-s",
    "sk_live_" + "9aB8cD7eF6gH5iJ4kL3m",
    "sk-ant-" + "api03-aB1cD2eF3gH4iJ5kL6mN7oP8",
    "npm_" + "a8Kd93jLmQ2xZ7vB1nC4tY6uR0pW5sE9fGhJ",
    "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
]
PASSWORDS = [
    ("password: {}", "Summer2024!"),
    ("Passwort: {}", "Sommer-2024"),
    ('PASSWORD = "{}"', "h7#kk2-Lq"),
    ("The wifi password is {}.", "blue7Horse9"),
    ("**Password**: `{}`", "k3yB0ard!"),
    ("db_password='{}'", "Tr0ub4dor&3"),
    ("postgres://app:{}@db.firsthand.test/kb", "q9Wm2xZr"),
    ("curl -u deploy:{} https://ci.firsthand.test", "q9Wm2xZr7"),
    ("api_key = '{}'", "9f8e7d6c5b4a39281706f5e4"),
    ("Authorization: Bearer {}", "a1B2c3D4e5F6g7H8i9J0k1L2"),
    ("client_secret: {}", "Zx81cv9Bn2mQ8wErT6yU"),
    ("AccountKey={}==", "q9Wm2xZr" * 10 + "ab"),
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "Use `{}` to sign in.", '    token: "{}"', "({})"])
def test_a_token_is_found_and_not_shown(secret: str, around: str) -> None:
    body = "First line.\n\n" + around.format(secret)
    [finding] = found(body, Check.SECRETS)
    assert finding.severity is Severity.WARN
    assert (finding.first_line, finding.last_line) == (3, 3)
    assert secret not in repr(checks.of_text(body, "howto"))
    assert secret[12:] not in repr(checks.of_text(body, "howto"))


@pytest.mark.parametrize(("line", "secret"), PASSWORDS)
def test_a_password_is_found_and_nothing_of_it_is_shown(line: str, secret: str) -> None:
    body = line.format(secret)
    [finding] = found(body, Check.SECRETS)
    assert finding.first_line == 1
    assert "••••" in finding.excerpt
    assert secret not in repr(checks.of_text(body, "howto"))


@pytest.mark.parametrize(
    "line",
    [
        "Your password: the one you were given.",
        "password: required",
        "password = getpass()",
        'password = os.environ["PASSWORD"]',
        "password: ${DB_PASSWORD}",
        "password: <your password>",
        "password: ********",
        'password: "changeme1"',
        'password: "password123"',
        "The password is case-sensitive.",
        "Reset your password: https://firsthand.test/reset/1",
        "Passwords: see section 4.2",
        "user.password = params.password",
        "postgres://postgres:postgres@localhost/app",
        "postgres://user:password@host/app",
        "postgres://app:${PASSWORD}@db/app",
        "https://firsthand.test:8080/a@b",
        "token: abc123",
        "secret_token = SecureRandom.hex(32)",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-learn-is-a-package-for-machine-learning",
        "?sstoken=UUYtR3pLm8Qx2Vb7Nc4D",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_only_speaks_of_secrets_is_not_noted(line: str) -> None:
    assert found(line, Check.SECRETS) == []


def test_a_private_key_is_noted_once_with_all_its_lines() -> None:
    inner = "\n".join(["MIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi"] * 5)
    kind = "RSA PRIVATE KEY"
    body = f"Keep this:\n\n-----BEGIN {kind}-----\n{inner}\n-----END {kind}-----\n\nEnd."
    [finding] = found(body, Check.SECRETS)
    assert (finding.first_line, finding.last_line) == (3, 9)
    assert "MIIEpAIBAAK" not in repr(checks.of_text(body, "howto"))


def test_neighbours_on_a_line_cover_one_another() -> None:
    body = f"password: Summer2024! and token {SECRETS[1]} for liz@gmail.com"
    report = checks.of_text(body, "story")
    assert report.count == 3
    for secret in ("Summer2024!", SECRETS[1], "liz@gmail.com"):
        assert secret not in repr(report)


def test_other_checks_quote_no_secret_either() -> None:
    body = "Once " + "one more " * 80 + f"password: Summer2024! {SECRETS[0]} ends."
    body = f"password: Summer2024! {SECRETS[0]} " + body
    report = checks.of_text(body, "howto")
    assert {group.check for group in report.groups} >= {Check.PARAGRAPHS, Check.READING}
    assert "Summer2024" not in repr(report)
    assert SECRETS[0] not in repr(report)


def test_the_same_thing_many_times_is_told_once() -> None:
    [finding] = found("Ask liz@gmail.com.\n\nOr liz@gmail.com.\n\nOr liz@gmail.com", Check.PERSONAL)
    assert finding.first_line == 1
    assert "3 times" in finding.sentence


# People


@pytest.mark.parametrize(
    ("line", "whose"),
    [
        ("Write to liz.lemon@gmail.com", "private"),
        ("Write to <l.lemon@vendor-support.io>", "outside"),
        ("[Liz](mailto:l.lemon@nbc.com)", "outside"),
        ("liz@mail.partner.de.", "outside"),
    ],
)
def test_an_address_of_somebody_outside_is_noted(line: str, whose: str) -> None:
    [finding] = found(line, Check.PERSONAL)
    assert whose in finding.sentence
    assert finding.severity is Severity.LOOK
    assert "lemon" not in finding.excerpt
    assert "liz@" not in finding.excerpt


@pytest.mark.parametrize(
    "line",
    [
        "anna@firsthand.test",
        "anna@mail.firsthand.test",
        "support@vendor.com",
        "noreply@vendor.com",
        "it-helpdesk@vendor.com",
        "jane.doe@vendor.com",
        "anna@example.com",
        "anna@something.example",
        "git@github.com:firsthand/firsthand.git",
        "https://anna:x@vendor.com",
        "homebrew.mxcl.postgresql@11.plist",
        "pip install package@1.2.3",
        "@property",
    ],
)
def test_colleagues_desks_and_examples_are_not_noted(line: str) -> None:
    assert found(line, Check.PERSONAL) == []


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("+49 30 1234567", "67"),
        ("Call +45 12 34 56 78 first", "78"),
        ("+48 601-234-567", "67"),
        ("Tel.: 030 / 123 45 67", "67"),
        ("Mobile: 0171 2345678", "78"),
        ("(415) 672-1299", "99"),
        ("415-672-1299", "99"),
        ("+14156721299", "99"),
    ],
)
def test_a_phone_number_is_noted_with_its_end_alone(line: str, last: str) -> None:
    [finding] = found(line, Check.PERSONAL)
    assert finding.severity is Severity.NOTE
    digits = [character for character in finding.excerpt if character.isdigit()]
    assert "".join(digits).endswith(last)
    assert len(digits) <= 5


@pytest.mark.parametrize(
    "line",
    [
        "1-800-555-1234",
        "(888) 672-1299",
        "415-555-0123",
        "2024-03-01",
        "10.0.0.1 and 192.168.100.200",
        "build 20240301-1234",
        "+2147483647",
        "x = 3 + 4 + 5",
        "1785697057 -0500",
        "ISBN 978-3-16-148410-0",
    ],
)
def test_other_numbers_are_no_phone_numbers(line: str) -> None:
    assert found(line, Check.PERSONAL) == []


# Numbers with check digits


@pytest.mark.parametrize(
    ("line", "what", "severity"),
    [
        ("4556 7375 8689 9855", "payment card", Severity.WARN),
        ("Card 5425233430109903.", "payment card", Severity.WARN),
        ("4111 1111 1111 1111", "made for tests", Severity.NOTE),
        ("378282246310005", "made for tests", Severity.NOTE),
        ("DE44 5001 0517 5407 3249 31", "bank account", Severity.LOOK),
        ("IBAN: PL27114020040000300201355387", "bank account", Severity.LOOK),
        ("DE89 3704 0044 0532 0130 00", "textbook", Severity.NOTE),
        ("AT61 1904 3002 3457 3201 BIC", "textbook", Severity.NOTE),
        ("SSN 536-90-4399", "Social Security", Severity.WARN),
        ("44051401359", "PESEL", Severity.WARN),
        ("070761-4285", "CPR", Severity.WARN),
        ("BSN: 111222333", "Dutch", Severity.WARN),
        ("burgerservicenummer 1234.56.782", "Dutch", Severity.WARN),
    ],
)
def test_numbers_of_cards_accounts_and_persons_are_noted(
    line: str, what: str, severity: Severity
) -> None:
    [finding] = found(line, Check.PERSONAL)
    assert what in finding.sentence
    assert finding.severity is severity
    assert sum(map(str.isdigit, finding.excerpt)) <= 5


@pytest.mark.parametrize(
    "line",
    [
        "4556 7375 8689 9856",
        "0000 0000 0000 0000",
        "1234567890123456",
        "order 20240301123456",
        "sha 4556737586899855a",
        "id-4556737586899855",
        "DE44 5001 0517 5407 3249 32",
        "GB00 ABCD 1234",
        "XX44 5001 0517 5407 32",
        "123-45-6789",
        "000-12-3456",
        "44051401358",
        "99999999999",
        "320561-4285",
        "111222333",
        "BSN: 111222334",
    ],
)
def test_numbers_with_wrong_check_digits_or_no_meaning_are_not_noted(line: str) -> None:
    assert found(line, Check.PERSONAL) == []


def test_check_digits() -> None:
    assert passes_luhn("4556737586899855")
    assert not passes_luhn("4556737586899856")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765423")
    assert not is_iban("GB82WEST1234569876543")
    assert is_pesel("44051401359")
    assert is_pesel("02270803624")  # born in 2002
    assert not is_pesel("44053201359")
    assert is_cpr("0707614285")
    assert not is_cpr("3102614285")
    assert is_bsn("111222333")
    assert not is_bsn("000000000")
