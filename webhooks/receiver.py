"""The demo receiver: a third party that takes everything, keeps it, and says thank you."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apilog import record
from syncconfig.models import Configuration, Header
from webhooks.models import ReceivedMessage

KEPT = 1000
"""Messages that are kept; older ones make room."""

LONGEST = 1024 * 1024


SHORTEST = 6
"""A shorter secret is a word that stands everywhere."""


def _secrets() -> list[str]:
    """All secrets that configurations send: a third party may keep them, the hub's own admin must not show them."""
    found = {header.value for header in Header.objects.filter(secret=True)}
    for configuration in Configuration.objects.exclude(auth_scheme="none"):
        found |= {configuration.auth_password, configuration.auth_token}
    return [secret for secret in found if len(secret) >= SHORTEST]


@csrf_exempt
def receive(request: HttpRequest, path: str) -> HttpResponse:
    """Keep what came, answer its number. Serves only while the demo is on."""
    if not settings.HUB_DEMO:
        raise Http404
    if len(request.body) > LONGEST:
        return JsonResponse({"error": "The demo receiver takes 1 MB at the most."}, status=413)
    text = request.body.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    message = ReceivedMessage.objects.create(
        path=path[:200],
        method=(request.method or "")[:8],
        headers=record.header_rows(request.headers.items(), _secrets()),
        body=record.body_text(text, _secrets(), LONGEST),
        message_id=request.headers.get("Idempotency-Key", "")[:64],
    )
    if message.pk % 100 == 0:
        ReceivedMessage.objects.filter(pk__lte=message.pk - KEPT).delete()
    return JsonResponse({"received": True, "id": message.pk}, status=201 if request.method == "POST" else 200)
