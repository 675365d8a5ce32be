"""Mail to people, through the SMTP server that the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid

import aiosmtplib

from tracepass.settings import Smtp

TIMEOUT_SECONDS = 20.0


class MailFailed(Exception):
    """The server could not be reached, or did not take the mail."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class Mailer:
    """Sends mail; without a server in the settings it cannot."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    @property
    def is_set(self) -> bool:
        """Tell whether there is a server to send with."""
        return self._smtp.host is not None

    async def send(self, mail: Mail) -> None:
        """Hand a mail to the server.

        Raises:
            MailFailed: it could not be reached, or did not take it.
        """
        smtp = self._smtp
        password = None if smtp.password is None else smtp.password.get_secret_value()
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=smtp.host,
                port=smtp.port,
                username=smtp.username,
                password=password,
                use_tls=smtp.tls == "tls",
                start_tls=smtp.tls == "starttls",
                timeout=TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # What a server says may quote the mail, and mails carry tokens.
            raise MailFailed(type(error).__name__) from None

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._smtp.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Message-ID"] = make_msgid(domain=self._smtp.sender.rpartition("@")[2].strip(">") or None)
        # Machines that are away on holiday do not answer to these (RFC 3834 5).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message
