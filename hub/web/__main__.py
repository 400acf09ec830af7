"""``python -m hub.web FD``: serve the hub on the listening socket FD, which the supervisor holds and passes on."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from types import FrameType

from django.conf import settings

from hub.web.server import Limits, Server, allow_files
from hub.wsgi import application


def main(descriptor: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    limits = Limits(
        body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        file=settings.HUB_MAX_FILE_BYTES,
        seconds=settings.HUB_REQUEST_SECONDS,
        threads=settings.HUB_WEB_THREADS,
    )
    allow_files(limits.connections)
    gc.collect()
    gc.freeze()  # all that was imported stays for good: the collector need not walk through it while callers wait
    server = Server(application, socket.socket(fileno=descriptor), limits)

    def stop(number: int, frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run()
    server.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
