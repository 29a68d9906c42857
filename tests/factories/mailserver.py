"""A mail server that keeps what it is given, and can be told to hang."""

import socketserver
from email import message_from_string
from email.message import Message
from threading import Event, Thread


class MailServer(socketserver.ThreadingTCPServer):
    """On a free port of this machine."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.letters: list[Message] = []
        self.callers = 0
        self.answers = Event()
        self.answers.set()
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        """End it."""
        self.answers.set()
        self.shutdown()
        self.server_close()


class _Talk(socketserver.StreamRequestHandler):
    """SMTP as far as a client needs it that only sends (RFC 5321)."""

    server: MailServer

    def handle(self) -> None:
        self.server.callers += 1
        self.server.answers.wait()
        self._say("220 here")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self.server.letters.append(message_from_string(self._letter()))
            self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _letter(self) -> str:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode()

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
