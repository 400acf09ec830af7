"""Notices of incidents, by e-mail and by webhook: claimed, sent, and tried again while nobody takes them."""

from __future__ import annotations

import json
import logging
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from hub.errors import HubError
from hub.http.message import Request, Sender
from hub.http.signing import signed
from syncconfig.groups import MANAGER
from syncconfig.models import Incident, Notice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""For which a process that sends a notice has it to itself."""

FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
MOST_ATTEMPTS = 30
"""A little more than a day."""


class NotTaken(Exception):
    """Nobody took the notice; the text says why, without any secret."""


def ways() -> list[str]:
    """The ways that are set up, by the settings and the users."""
    found = []
    if settings.HUB_EMAIL_URL and recipients():
        found.append(Notice.Way.MAIL.value)
    if settings.HUB_NOTICE_URL:
        found.append(Notice.Way.WEBHOOK.value)
    return found


def recipients() -> list[str]:
    """HUB_NOTICE_TO; if that is empty, active administrators and API Sync Managers with an e-mail address."""
    if settings.HUB_NOTICE_TO:
        return list(settings.HUB_NOTICE_TO)
    may = Q(is_superuser=True) | Q(groups__name=MANAGER)
    users = get_user_model().objects.filter(may, is_active=True).exclude(email="")
    return sorted(set(users.values_list("email", flat=True)))


def send_due(sender: Callable[[], Sender], now: datetime | None = None) -> int:
    """Send what is owed, the oldest first; answers how many were taken. ``sender`` makes the sender of webhooks."""
    now = now or timezone.now()
    sent = 0
    for pk in list(_due(now).values_list("pk", flat=True)):
        if not _due(now).filter(pk=pk).update(due_at=now + LEASE, attempts=F("attempts") + 1):
            continue  # another process has it
        notice = Notice.objects.select_related("incident").get(pk=pk)
        try:
            if notice.way == Notice.Way.MAIL:
                _mail(notice)
            else:
                _post(notice, sender())
        except NotTaken as error:
            _again(notice, str(error), now)
            continue
        except Exception as error:
            logger.exception("notice %s", pk)
            _again(notice, f"A fault in the hub: {type(error).__name__}. The server's log says more.", now)
            continue
        Notice.objects.filter(pk=pk).update(sent_at=now, error="")
        sent += 1
    return sent


def _due(now: datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(sent_at__isnull=True, given_up_at__isnull=True, due_at__lte=now).order_by("id")


def _again(notice: Notice, why: str, now: datetime) -> None:
    delay = min(FIRST_DELAY * 2 ** min(notice.attempts - 1, 10), LONGEST_DELAY)
    given_up = now if notice.attempts >= MOST_ATTEMPTS else None
    Notice.objects.filter(pk=notice.pk).update(due_at=now + delay, given_up_at=given_up, error=why)
    logger.warning("The notice “%s” was not taken: %s", notice, why)


def subject_of(notice: Notice) -> str:
    """One line."""
    one = notice.incident
    over = "Over: " if notice.occasion == Notice.Occasion.OVER else ""
    return f"[Sync Hub] {over}{one.get_kind_display()}: {one.name}".replace("\n", " ").replace("\r", " ")[:200]


def text_of(notice: Notice) -> str:
    """What happened, since when, how many it concerns, what to do and where."""
    one = notice.incident
    over = notice.occasion == Notice.Occasion.OVER and one.over_at is not None
    lines = [
        f"{one.name}: {one.get_kind_display()}.",
        "",
        f"What:  {one.what}",
        f"Since: {_moment(one.began_at)}",
    ]
    if over and one.over_at is not None:
        lines.append(f"Over:  {_moment(one.over_at)}. Nothing is to be done any more.")
    else:
        lines += [f"Many:  {one.count}"] if one.count else []
        lines += [f"To do: {one.advice}"]
    link = link_to(one)
    return "\n".join([*lines, *(["", link] if link else [])]) + "\n"


def link_to(one: Incident) -> str:
    """The admin's page for it; empty when nobody said under which address people reach the hub."""
    public = settings.HUB["HUB_PUBLIC_URL"]
    return f"{public.rstrip('/')}{one.page}" if public and one.page else ""


def body_of(notice: Notice) -> dict[str, object]:
    """What the webhook is sent."""
    one = notice.incident
    return {
        "type": "incident.began" if notice.occasion == Notice.Occasion.BEGAN else "incident.over",
        "timestamp": timezone.now().isoformat(),
        "data": {
            "id": one.pk,
            "kind": one.kind,
            "title": one.get_kind_display(),
            "name": one.name,
            "what": one.what,
            "advice": one.advice,
            "count": one.count,
            "since": one.began_at.isoformat(),
            "over": one.over_at.isoformat() if one.over_at else None,
            "url": link_to(one) or None,
        },
    }


def _moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "Y-m-d H:i T")


def _mail(notice: Notice) -> None:
    message = EmailMessage(subject_of(notice), text_of(notice), settings.HUB_EMAIL_FROM, recipients())
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        # An SMTP error's text may repeat what was sent to the server: its kind, and its code, do.
        code = getattr(error, "smtp_code", "")
        raise NotTaken(
            f"The mail server did not take it ({type(error).__name__}{f' {code}' if code else ''})."
        ) from None


def _post(notice: Notice, sender: Sender) -> None:
    body = json.dumps(body_of(notice)).encode()
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    headers += signed(f"notice_{notice.pk}", body, settings.HUB_NOTICE_SECRET, int(timezone.now().timestamp()))
    try:
        response = sender.send(Request("POST", settings.HUB_NOTICE_URL, headers, body))
    except HubError as error:
        raise NotTaken(error.message) from None
    if not response.ok:
        raise NotTaken(f"The webhook answered {response.status}.")
