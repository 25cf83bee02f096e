"""Mail, by the server of the setting SMTP_URL."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from walkabout.notices.addresses import read_address
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.messages import Message
from walkabout.notices.targets import NoticeTarget

_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. `sender`: the address that it comes from."""

    host: str
    port: int
    user: str
    password: str
    sender: str
    is_tls: bool


def mail_server(url: str) -> MailServer:
    """The server of SMTP_URL. Raises ValueError with what would be right."""
    use = "use smtp://USER:PASSWORD@HOST:587?from=ADDRESS or smtps://..."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(use) from None
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise ValueError(use)
    is_tls = parts.scheme == "smtps"
    user = unquote(parts.username or "")
    sender = parse_qs(parts.query).get("from", [user if "@" in user else f"walkabout@{host}"])[0]
    if not all(char.isprintable() for char in sender + user):
        raise ValueError(use)
    return MailServer(host, port or (465 if is_tls else 587), user, unquote(parts.password or ""), sender, is_tls)


@dataclass
class MailChannel:
    """Sends mail. `url`: the setting SMTP_URL."""

    url: str
    timeout_s: float

    def send(self, target: NoticeTarget, message: Message) -> None:
        """Mail a message; its Message-ID is the message's id, the same in each try. Raises NotDelivered."""
        if not self.url:
            raise NotDelivered("there is no mail server: set SMTP_URL")
        try:
            server = mail_server(self.url)
            self._hand_in(server, _mail(server, read_address(target.address).value, message))
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"the mail server answered {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise NotDelivered(f"the mail server refused the address with {code}") from None
        except ValueError as error:
            raise NotDelivered(f"SMTP_URL: {error}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"the mail server could not be used: {type(error).__name__}") from None

    def _hand_in(self, server: MailServer, mail: EmailMessage) -> None:
        context = ssl.create_default_context()
        connect = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=self.timeout_s, context=context)
            if server.is_tls
            else smtplib.SMTP(server.host, server.port, timeout=self.timeout_s)
        )
        with connect as session:
            session.ehlo()
            is_safe = server.is_tls
            if not is_safe and session.has_extn("starttls"):
                session.starttls(context=context)
                session.ehlo()
                is_safe = True
            if server.user:
                if not is_safe and server.host not in _LOCAL:
                    raise NotDelivered("the mail server offers no TLS, and a password is not sent without")
                session.login(server.user, server.password)
            session.send_message(mail)


def _mail(server: MailServer, to: str, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = server.sender, to
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.id}@walkabout>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text() + "\n")
    return mail
