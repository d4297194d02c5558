"""What accounts tell a person goes into the outbox; imported once, when all apps are there."""

from accounts import acts
from notifications.services import queue_notice


def queue_message(message: acts.Message) -> None:
    queue_notice(
        kind=message.kind,
        key=message.key,
        subject=message.subject,
        body=message.body,
        at=message.at,
        recipient=message.recipient,
        path=message.path,
    )


acts.on_message(queue_message)
