"""A browser's part of HTTP: one kept connection, cookies, compressed answers; times each answer."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, RemoteDisconnected
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from benchmarks.content import PASSWORD

# Of a browser, since what a program asks for is neither counted nor recorded, and costs less.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes  # as sent; compressed, unless asked for by `read`
    seconds: float

    @property
    def size(self) -> int:
        """Bytes on the wire, headers among them."""
        return len(self.body) + sum(len(n) + len(v) + 4 for n, v in self.headers.items()) + 19


class Client:
    """One person's browser window. Not to be shared between threads; `another()` is."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.port = port
        self.cookies = dict(cookies or {})
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    @classmethod
    def signed_in(cls, port: int, email: str) -> "Client":
        client = cls(port)
        answer = client.post("/signin", {"email": email, "password": PASSWORD})
        if answer.status != 303:
            raise SystemExit(f"{email} could not sign in: {answer.status}")
        return client

    def another(self) -> "Client":
        """A further window of the same person."""
        return Client(self.port, self.cookies)

    def get(self, path: str) -> Answer:
        answer = self._ask("GET", path)
        if answer.status != 200:
            raise SystemExit(f"{path} was answered with {answer.status}")
        return answer

    def read(self, path: str) -> str:
        """A page's text, for a program to look into."""
        return self._ask("GET", path, packed=False).body.decode()

    def post(self, path: str, fields: dict[str, object], *, as_json: bool = False) -> Answer:
        if as_json:
            return self._ask("POST", path, json.dumps(fields), "application/json")
        return self._ask("POST", path, urlencode(fields), "application/x-www-form-urlencoded")

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        media_type: str = "",
        *,
        packed: bool = True,
    ) -> Answer:
        headers = {
            "Accept": media_type if media_type.endswith("json") else "text/html",
            "Accept-Encoding": "gzip, deflate, br, zstd" if packed else "identity",
            "User-Agent": USER_AGENT,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if media_type:
            headers["Content-Type"] = media_type
        started = time.perf_counter()
        try:
            answer = self._exchange(method, path, body, headers)
        except (RemoteDisconnected, ConnectionResetError):  # the server closes what is idle
            self._connection.close()
            started = time.perf_counter()
            answer = self._exchange(method, path, body, headers)
        status, found, content = answer
        return Answer(status, found, content, time.perf_counter() - started)

    def _exchange(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: kept.value for name, kept in SimpleCookie(line).items()}
        return response.status, {n.lower(): v for n, v in response.getheaders()}, content
