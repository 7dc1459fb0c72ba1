"""Follows the alerts of a paceline over gRPC, prints each, and keeps in a file how far it has come.

    python alerts.py 127.0.0.1:50051 alerts.token

An alert that was not acknowledged comes again: after a lost connection, and when this program is started again.
"""

import argparse
import asyncio
import os
import pathlib
import sys
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.duration_pb2 import Duration

from follow import FIRST_FRAME, Lost, Opened, Server, follow
from paceline.v1.alert_pb2 import Alert
from paceline.v1.alerts_service_pb2 import WatchAlertsRequest
from paceline.v1.alerts_service_pb2_grpc import AlertsServiceStub
from paceline.v1.standing_pb2 import Status


class Alerts:
    """Alerts, each at least once. `token` goes on after what is acknowledged, also after a restart of either side."""

    def __init__(self, server: Server, token: bytes, heartbeat: int, first_frame: float) -> None:
        self.server = server
        self.stub = AlertsServiceStub(server.channel())
        self.token = token
        self.heartbeat = heartbeat  # seconds
        self.first_frame = first_frame  # how long a stream may bring nothing at all, in seconds
        # What was handed out and is not acknowledged: ids in their order, each with the token after it.
        self._handed_out: dict[str, bytes] = {}

    async def events(self) -> AsyncIterator[Alert | Lost | None]:
        """Yields alerts, `Lost`, and None when there is no other alert up to now."""
        async for news in follow(self._open, self.heartbeat, self.first_frame):
            match news:
                case Opened():
                    self._handed_out.clear()  # all of it comes again
                case Lost():
                    yield news
                case _ if news.HasField("alert"):
                    self._handed_out[news.alert.id] = news.resume_token
                    yield news.alert
                case _:
                    if not self._handed_out:
                        self.token = news.resume_token
                    yield None

    def ack(self, alert: Alert) -> None:
        """Acknowledges an alert and all that came before it."""
        if alert.id not in self._handed_out:
            return
        for one in list(self._handed_out):
            self.token = self._handed_out.pop(one)
            if one == alert.id:
                return

    def _open(self) -> Any:
        request = WatchAlertsRequest(resume_token=self.token, heartbeat=Duration(seconds=self.heartbeat))
        return self.stub.WatchAlerts(request, metadata=self.server.credentials())


class Kept:
    """A token in a file, which is replaced as a whole: one that a crash left empty would mean to begin with the next alert."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        try:
            self.token = path.read_bytes()
        except FileNotFoundError:
            self.token = b""  # the next alert is the first
            return
        if not self.token:
            sys.exit(f"{path} is empty, which is no token: remove it to begin with the next alert")

    def keep(self, token: bytes) -> None:
        if token == self.token:
            return
        new = self.path.with_name(self.path.name + ".new")
        with new.open("wb") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        self.token = token


async def main() -> None:
    parser = argparse.ArgumentParser(description="Follows alerts.")
    Server.add_arguments(parser)
    parser.add_argument("file", nargs="?", default="alerts.token", type=pathlib.Path, help="keeps how far it has come")
    parser.add_argument("--heartbeat", type=int, default=5, help="seconds")
    parser.add_argument("--first-frame", type=float, default=FIRST_FRAME, help="seconds")
    arguments = parser.parse_args()
    kept = Kept(arguments.file)
    alerts = Alerts(Server.of(arguments), kept.token, arguments.heartbeat, arguments.first_frame)
    async for event in alerts.events():
        match event:
            case Lost():
                print(f"lost: {event.reason}; again in {event.again_in:.1f} s", flush=True)
            case Alert():
                status = Status.Name(event.to).removeprefix("STATUS_")
                print(f"{event.id}: {event.scope} {event.kpi} is {status}", flush=True)
                # Here goes what is to be done about it. Only then it is acknowledged.
                alerts.ack(event)
        kept.keep(alerts.token)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
