"""A mail server for tests: it keeps what it is given, and says or does what it is told to."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

FINE = "250 fine"


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP to take messages.

    `answers` holds what it says to a command instead of "fine"; `before` is called with the command
    before it answers, `taken` standing for the end of a message that it has kept.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda command: None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class HangUp(Exception):
    """Raised in `before`, it ends the conversation without an answer."""


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        try:
            while line := self.rfile.readline().strip().upper().decode():
                command = line.split(":")[0].split()[0]
                self.answer(command, {"DATA": "354 go on", "QUIT": "221 bye"}.get(command, FINE))
                if command == "DATA" and command not in self.server.answers:
                    self.take()
                if command == "QUIT":
                    return
        except (HangUp, ConnectionError):
            return

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.messages.append(message)
        self.answer("taken", FINE)

    def answer(self, command: str, usual: str) -> None:
        self.server.before(command)
        self.say(self.server.answers.get(command, usual))

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def running() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
