"""Where a cluster is and how our indexes are laid out there: the settings in its address."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

_SHAPE = "an address of OpenSearch looks like https://name:password@host:9200"
_OPTIONS = "index, shards, replicas, timeout and ca"


@dataclass(frozen=True, slots=True)
class Address:
    """`https://name:password@one:9200,two:9200?index=firsthand&shards=2&replicas=1`, read."""

    nodes: tuple[tuple[str, int], ...]
    is_https: bool = False
    user: str = ""
    password: str = ""
    index: str = "firsthand"  # all names in the cluster begin with it
    shards: int = 1
    replicas: int = 1  # copies beside the first; with at least one, any one node may go
    timeout: float = 5  # seconds after which a node that says nothing is given up
    ca: Path | None = None  # who signed the nodes' certificates, if no public authority did


def read(url: str) -> Address:
    """The parts of an address; raises ValueError with a sentence."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise ValueError(_SHAPE)
    rest, _, query = rest.partition("?")
    sign_in, _, hosts = rest.rstrip("/").rpartition("@")
    user, _, password = sign_in.partition(":")
    return Address(
        nodes=tuple(_node(host) for host in hosts.split(",")),
        is_https=scheme == "https",
        user=unquote(user),
        password=unquote(password),
        **_options(query),
    )


def _node(text: str) -> tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    if not colon or text.endswith("]"):  # a host alone, perhaps [::1]
        host, port = text.strip(), "9200"
    if not host or not port.isdecimal() or "/" in text:
        raise ValueError(_SHAPE)  # and not what was given, which may have the password in it
    return host, int(port)


def _options(query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "index" and value and value == value.lower() and value[0].isalnum():
            options[name] = value
        elif (
            name in ("shards", "replicas") and value.isdecimal() and int(value) >= (name[0] == "s")
        ):
            options[name] = int(value)
        elif name == "timeout" and value.isdecimal() and int(value):
            options[name] = float(value)
        elif name == "ca" and value:
            options[name] = Path(value)
        else:
            raise ValueError(
                f"{name}={value} is no setting of OpenSearch here; there are {_OPTIONS}"
            )
    return options
