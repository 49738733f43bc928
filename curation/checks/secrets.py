"""Looks for keys, tokens and passwords.

Tokens are known by the prefixes that their makers publish so that they can be found. Everything else
has to look like a secret and not like an example of one.
"""

import re
from base64 import b64decode
from collections.abc import Iterator

from curation.checks.findings import Check, Severity
from curation.checks.sensitive import DOT, Spot

# What it is, a piece that is always in it (looked for first, since that is quick), and all of it.
_TOKENS = tuple(
    (name, piece, re.compile(rf"(?<![A-Za-z0-9]){pattern}"))
    for name, piece, pattern in (
        ("an access key of Amazon Web Services", "AKIA", r"AKIA[0-9A-Z]{16}(?![0-9A-Z])"),
        ("a temporary key of Amazon Web Services", "ASIA", r"ASIA[0-9A-Z]{16}(?![0-9A-Z])"),
        ("a token of GitHub", "ghp_", r"ghp_[A-Za-z0-9]{30,255}"),
        ("a token of GitHub", "gho_", r"gho_[A-Za-z0-9]{30,255}"),
        ("a token of GitHub", "ghu_", r"ghu_[A-Za-z0-9]{30,255}"),
        ("a token of GitHub", "ghs_", r"ghs_[A-Za-z0-9]{30,255}"),
        ("a token of GitHub", "ghr_", r"ghr_[A-Za-z0-9]{30,255}"),
        ("a token of GitHub", "github_pat_", r"github_pat_[A-Za-z0-9_]{50,255}"),
        ("a token of GitLab", "glpat-", r"glpat-[A-Za-z0-9_-]{20,255}"),
        ("a token of Slack", "xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,255}"),
        ("a token of Slack", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,255}"),
        (
            "an address by which anybody can post to your Slack",
            "hooks.slack.com/",
            r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,255}",
        ),
        (
            "an address by which anybody can post to your Teams",
            "webhook.office.com/",
            r"webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{20,255}",
        ),
        (
            "an address by which anybody can post to your Discord",
            "/api/webhooks/",
            r"discord(?:app)?\.com/api/webhooks/\d{5,30}/[A-Za-z0-9_-]{20,255}",
        ),
        ("a key of Google", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
        ("a token of Google", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,2000}"),
        ("a client secret of Google", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,255}"),
        ("a live key of Stripe", "sk_live_", r"sk_live_[A-Za-z0-9]{16,255}"),
        ("a live key of Stripe", "rk_live_", r"rk_live_[A-Za-z0-9]{16,255}"),
        ("a key of Anthropic", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,255}"),
        (
            "a key of OpenAI",
            "sk-",
            r"sk-(?:proj-|svcacct-)?(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{32,255}",
        ),
        ("a key of SendGrid", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
        ("a token of npm", "npm_", r"npm_[A-Za-z0-9]{36}"),
        ("a token of PyPI", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,255}"),
        ("a token of DigitalOcean", "do", r"do[opr]_v1_[a-f0-9]{64}"),
        ("a token of Hugging Face", "hf_", r"hf_[A-Za-z0-9]{30,64}(?![A-Za-z0-9])"),
        ("a token of Shopify", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
        ("a token of Atlassian", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{20,255}"),
        ("a token of Vault", "hvs.", r"hvs\.[A-Za-z0-9_-]{20,255}"),
        ("a token of Databricks", "dapi", r"dapi[a-f0-9]{32}"),
        ("a token of a Telegram bot", ":AA", r"\d{8,10}:AA[A-Za-z0-9_-]{32,35}"),
        ("a key of Azure storage", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{60,120}={0,2}"),
        ("a key of age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,64}"),
        (
            "a signed token with which somebody signs in",
            "eyJ",
            r"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}",
        ),
    )
)

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_KEY = 20_000

_PASSWORD_NAMES = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwort",
    "kennwort",
    "mot de passe",
    "contraseña",
    "wachtwoord",
    "adgangskode",
    "hasło",
)
_TOKEN_NAMES = ("secret", "token", "api_key", "apikey", "api-key", "access_key", "auth_key")
_VALUE = r"""(?:"(?P<double>[^"\n]{4,200})"|'(?P<single>[^'\n]{4,200})'|(?P<bare>[^\s"'`|<>,;]{4,200}))"""


def _assigned(names: tuple[str, ...], said: str) -> re.Pattern[str]:
    """A name, perhaps with more of a name after it, what gives it a value, and the value."""
    which = "|".join(map(re.escape, names))
    return re.compile(
        rf"""(?P<name>{which})[\w-]{{0,20}}["'`*]{{0,3}}(?:[ \t]{{0,3}}(?:=>|:=|[:=]){said})"""
        rf"""[ \t*`]{{0,6}}{_VALUE}""",
        re.IGNORECASE,
    )


_PASSWORD = _assigned(_PASSWORD_NAMES, r"|[ \t]{1,3}(?:is|ist|lautet)[ \t]")
_TOKEN = _assigned(_TOKEN_NAMES, "")
_CARRIED = re.compile(r"\b(?:bearer|basic)[ \t]{1,3}(?P<bare>[A-Za-z0-9._~+/=-]{20,2000})", re.I)
_CURL = re.compile(
    r"\bcurl\b[^\n]{0,200}?[ \t](?:-u|--user)[ \t=]{1,3}['\"]?[\w.@-]{1,64}:(?P<bare>[^\s'\"]{4,200})"
)
_CONNECTION = re.compile(
    r"(?<=[a-z0-9])://(?P<user>[^\s:/@<>\"'`]{0,64}):(?P<bare>[^\s/@<>\"'`]{3,128})@(?P<host>[^\s/<>\"'`]{1,200})",
    re.I,
)

# What stands where a secret would stand.
_EXAMPLE = re.compile(
    r"example|your|my[_-]?|change[_-]?me|placeholder|x{3,}|\.{3}|…|\*{2,}|•|dummy|sample|redacted|replace|insert|todo"
    r"|s3cr3t|secret|pass(?:word|wd|wort|phrase)?\d{0,4}$|kennwort|token$|hidden|masked|none|null|true|false|undefined"
    r"|required|optional|string|foo|bar$|baz|test|abc123$|123456|qwert|0{6,}",
    re.I,
)
_CODE = re.compile(
    r"^[$%<{\[(*&@:/\\#!=-]|[({\[]|\$\{|^[A-Za-z_]+(?:\.[A-Za-z_]+)+[;,)]?$|^\w+::|->"
)
_TRIVIAL = frozenset(
    ("root", "admin", "guest", "user", "postgres", "mysql", "redis", "rabbitmq", "mongo", "minio")
)


def secrets(body: str) -> Iterator[Spot]:
    """Everything that may let somebody in, the surest first."""
    yield from _private_keys(body)
    for name, piece, pattern in _TOKENS:
        if piece in body:
            for found in pattern.finditer(body):
                if _is_varied(found[0]):
                    yield _spot(found.start(), found.end(), f"This looks like {name}.", found[0])
    yield from _connections(body)
    lowered = body.lower()
    yield from _passwords(body, lowered)
    yield from _tokens(body, lowered)


def _private_keys(body: str) -> Iterator[Spot]:
    if "PRIVATE KEY" not in body:
        return
    at = 0
    while begin := _PRIVATE_KEY.search(body, at):
        close = _KEY_END.search(body, begin.end(), begin.end() + _LONGEST_KEY)
        at = close.end() if close else begin.end()
        holds = close is None or len(body[begin.end() : close.start()].strip(". \n…")) > 40
        if holds:
            yield Spot(
                Check.SECRETS,
                Severity.WARN,
                begin.start(),
                at,
                "This looks like a private key. Whoever has it can act in its owner's name.",
                begin[0],
            )


def _connections(body: str) -> Iterator[Spot]:
    if "://" not in body or "@" not in body:
        return
    for found in _CONNECTION.finditer(body):
        value = found["bare"]
        trivial = value.lower() in _TRIVIAL or value == found["user"]
        if not trivial and not _EXAMPLE.search(value) and not _CODE.search(value):
            yield _spot(
                *found.span("bare"), "This address has a password in it.", value, password=True
            )


def _passwords(body: str, lowered: str) -> Iterator[Spot]:
    if any(name in lowered for name in _PASSWORD_NAMES):
        for found in _PASSWORD.finditer(body):
            group, value = _value(found)
            if _is_password(value, quoted=group != "bare"):
                yield _spot(*found.span(group), "This looks like a password.", value, password=True)
    if "curl" in lowered:
        for found in _CURL.finditer(body):
            if _is_password(found["bare"], quoted=False):
                span = found.span("bare")
                yield _spot(*span, "This command has a password in it.", found[0], password=True)


def _tokens(body: str, lowered: str) -> Iterator[Spot]:
    if any(name in lowered for name in _TOKEN_NAMES):
        for found in _TOKEN.finditer(body):
            group, value = _value(found)
            if _is_token(value) and not _goes_on(body, found):
                yield _spot(*found.span(group), "This looks like a secret key or token.", value)
    if "bearer" in lowered or "basic" in lowered:
        for found in _CARRIED.finditer(body):
            value = found["bare"]
            password = _within(value)
            if _is_token(value) if password is None else _is_password(password, quoted=True):
                span = found.span("bare")
                yield _spot(*span, "With this, somebody signs in.", value)


def _goes_on(body: str, found: re.Match[str]) -> bool:
    """Whether another word ends so: sstoken is no token, authToken is."""
    return body[found.start() - 1 : found.start()].isalpha() and found["name"][0].islower()


def _within(value: str) -> str | None:
    """The password in name:password, as a browser sends it; None where it is nothing of the kind."""
    try:
        name, colon, password = b64decode(value, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return password if colon and name else None


def _value(found: re.Match[str]) -> tuple[str, str]:
    for group in ("double", "single", "bare"):
        if found[group] is not None:
            return group, found[group]
    raise AssertionError("the pattern has one of them")


def _is_password(value: str, *, quoted: bool) -> bool:
    """Letters with a digit or a sign among them, and nothing that reads like an example or like code."""
    value = value.rstrip(".!?)*`") or value
    if _EXAMPLE.search(value) or _CODE.search(value) or " " in value or len(value) < 6:
        return False
    has_digit = any(map(str.isdigit, value))
    has_letter = any(map(str.isalpha, value))
    has_sign = any(not c.isalnum() and c not in "-_./:" for c in value)
    return has_letter and (has_digit or has_sign) and (quoted or not _is_plain(value))


def _is_plain(value: str) -> bool:
    """An address, a date, a version, a name with a number: what a sentence may go on with."""
    return "://" in value or re.fullmatch(r"v?\d+(?:[.\-/:]\w+)*", value) is not None


def _is_token(value: str) -> bool:
    if len(value) < 16 or " " in value or _EXAMPLE.search(value) or _CODE.search(value):
        return False
    digits = sum(map(str.isdigit, value))
    return digits >= 2 and digits < len(value) and _is_varied(value)


def _is_varied(value: str) -> bool:
    """Not one character over and over, nor an example by its own words."""
    return len(set(value[-24:])) > 6 and not re.search(r"EXAMPLE|X{4,}|x{4,}|your", value)


def _spot(start: int, end: int, sentence: str, value: str, *, password: bool = False) -> Spot:
    shown = DOT * 8 if password else value[:4] + DOT * 8
    return Spot(Check.SECRETS, Severity.WARN, start, end, sentence, shown)
