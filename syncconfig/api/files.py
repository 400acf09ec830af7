"""``/api/sync/v1/{model}/{id}/{key}/content``: the content of a binary field as a file."""

from __future__ import annotations

import hashlib
import re
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header, parse_header_parameters
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.body import TOO_LARGE
from hub.api.envelope import success
from hub.api.forms import note
from hub.flow.files import UNKNOWN, Download, Files, Upload
from syncconfig.api.base import ApiView

AT_ONCE = 64 * 1024
"""Bytes that are read at a time."""

IN_MEMORY = 512 * 1024
"""Bytes of a file above which it waits on disk."""

LONGEST_NAME = 255
"""Characters of a file's name that are kept."""

POLICY = "default-src 'none'; sandbox"
"""Content-Security-Policy of what comes out: whatever somebody put into Odoo, no browser runs it in the hub's name."""

_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class FileAnswer(FileResponse):
    """A file on its way out; ``note`` stands for it in the log."""

    note = ""


class FileView(ApiView):
    """One file. It may be larger than other bodies, and is never whole in memory."""

    parameters = {"GET": (), "PUT": ()}
    _upload: Upload | None = None

    def operation_of(self, method: str) -> str:
        """Upload or download."""
        return {"PUT": "upload", "GET": "download", "HEAD": "download"}.get(method, method.lower())

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Whatever the caller accepts: the file has the type that it has, and errors are JSON."""
        return JSONRenderer(), JSONRenderer.media_type

    def body_of(self, request: HttpRequest) -> bytes:
        """What the file is, not its bytes."""
        if request.META.get(TOO_LARGE) or request.method != "PUT":
            return b""
        if self._upload is None:
            self._upload = received(request)
        file = self._upload
        return note(file.size, file.content_type, file.digest, file.name).encode()

    def put(self, request: Request, model: str, record_id: int, key: str) -> Response:
        """Write the body to the field."""
        files = Files(self.inbound(request, model, "PUT", "PATCH"))
        assert self._upload is not None
        return Response(success(**files.put(record_id, key, self._upload)))

    def get(self, request: Request, model: str, record_id: int, key: str) -> HttpResponse | FileAnswer:
        """The file; 304 when the caller has it already, by its ETag."""
        files = Files(self.inbound(request, model, "GET"))
        # Fetched whole before the first byte goes out: what fails then is an error, not half a file.
        content: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
        try:
            found = files.get(record_id, key, content)
        except BaseException:
            content.close()
            raise
        headers = _headers(found)
        name = _plain(found.name)[-LONGEST_NAME:]  # its end says what kind of file it is
        given = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
        if headers["ETag"] in given or "*" in given:
            content.close()
            return HttpResponse(status=304, headers={"ETag": headers["ETag"]})
        if request.method == "HEAD":
            content.close()
            named = content_disposition_header(as_attachment=True, filename=name) or "attachment"
            more = {"Content-Length": str(found.size), "Content-Disposition": named}
            return HttpResponse(headers=headers | more)
        content.seek(0)
        answer = FileAnswer(content, as_attachment=True, filename=name, headers=headers)
        answer.note = note(found.size, found.content_type, found.digest, found.name)
        return answer

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """With the answer, the file that came in can go."""
        if self._upload is not None:
            self._upload.source.close()
        return super().finalize_response(request, response, *args, **kwargs)


def received(request: HttpRequest) -> Upload:
    """The body as a file, read through once for its size and digest; on disk when it is large."""
    source, size, digest = _seekable(request), 0, hashlib.sha256()
    while piece := source.read(AT_ONCE):
        size += len(piece)
        digest.update(piece)
    source.seek(0)
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    kind = kind if _TYPE.fullmatch(kind) else ""
    return Upload(source, size, digest.hexdigest(), kind, _name(request.headers.get("Content-Disposition", "")))


def _seekable(request: HttpRequest) -> IO[bytes]:
    """The hub's own web server has the body in a file; from any other it is put into one."""
    given: IO[bytes] = request.META["wsgi.input"]
    if getattr(given, "seekable", lambda: False)():
        return given
    copy: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the answer
    while piece := request.read(AT_ONCE):
        copy.write(piece)
    copy.seek(0)
    return copy


def _name(disposition: str) -> str:
    """The file's name in a Content-Disposition (RFC 6266), without folders."""
    found = parse_header_parameters(disposition)[1].get("filename", "")
    try:
        found = found.encode("latin-1").decode()  # UTF-8 as it is, which many send
    except UnicodeError:
        pass
    return _plain(found.replace("\\", "/").rpartition("/")[2]).strip()[:LONGEST_NAME]


def _plain(name: str) -> str:
    return _CONTROLS.sub("", name)


def _headers(found: Download) -> dict[str, str]:
    kind = found.content_type if _TYPE.fullmatch(found.content_type) else UNKNOWN
    return {
        "Content-Type": kind,
        "ETag": f'"{found.digest}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY,
    }
