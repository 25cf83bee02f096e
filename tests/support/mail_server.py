"""A real SMTP server on loopback that keeps what it is given, and can be told to refuse."""

import socket
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default
from io import BufferedReader

from tests.support.listener import Listener


@dataclass
class Mail:
    """A mail as it was handed in: the envelope, and what it says."""

    sender: str
    to: list[str]
    message: Message

    @property
    def text(self) -> str:
        return str(self.message.get_content())  # type: ignore[attr-defined]


class MailServer:
    """Speaks enough of SMTP (RFC 5321) for smtplib. `answers`: what it says to DATA instead of 250, one for each mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answers: list[str] = []
        self._listener = Listener(self._serve)
        self.url = f"smtp://{self._listener.host}?from=jobs@example.org"
        self.close = self._listener.close

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            self._say(connection, "220 here")
            sender, to = "", []
            for raw in lines:
                line = raw.decode().rstrip("\r\n")
                word = line[:4].upper()
                if word == "EHLO":
                    self._say(connection, "250-here\r\n250 8BITMIME")
                elif word == "MAIL":
                    sender, to = line.partition("<")[2].partition(">")[0], []
                    self._say(connection, "250 ok")
                elif word == "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
                    self._say(connection, "250 ok")
                elif word == "DATA":
                    self._say(connection, "354 go on")
                    content = self._content(lines)
                    answer = self.answers.pop(0) if self.answers else "250 taken"
                    if answer.startswith("250"):
                        self.mails.append(Mail(sender, to, message_from_bytes(content, policy=default)))
                    self._say(connection, answer)
                elif word == "QUIT":
                    self._say(connection, "221 bye")
                    return
                else:
                    self._say(connection, "250 ok")

    def _content(self, lines: BufferedReader) -> bytes:
        content = b""
        for line in lines:
            if line == b".\r\n":
                break
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        return content

    def _say(self, connection: socket.socket, text: str) -> None:
        connection.sendall(f"{text}\r\n".encode())
