"""Follows the standings of a paceline over gRPC, and prints what changes.

    python standings.py 127.0.0.1:50051 --scope team:M1 --kpi bookings
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.duration_pb2 import Duration

from follow import Lost, Opened, Server, follow
from paceline.v1.selector_pb2 import Selector
from paceline.v1.standing_pb2 import Standing, Status
from paceline.v1.standings_service_pb2 import (
    RemovalReason,
    ResetReason,
    WatchStandingsRequest,
    WatchStandingsResponse,
)
from paceline.v1.standings_service_pb2_grpc import StandingsServiceStub

HEARTBEAT = 5  # seconds

Key = tuple[str, str, str]  # scope, KPI, name of the period


class LiveMap:
    """The newest standings of a selection, changed by whole updates only.

    `standings` is replaced, never changed: whoever holds it holds what the server had at one revision.
    """

    def __init__(self, server: Server, selector: Selector) -> None:
        self.server = server
        self.stub = StandingsServiceStub(server.channel())
        self.selector = selector
        self.token = b""
        self.standings: dict[Key, Standing] = {}
        self.stale = True  # whether it may not be what the server has
        self.complete = False  # whether no input is degraded, gapped or recovering
        self._chunks: list[Any] = []

    async def events(self) -> AsyncIterator[tuple[str, Any]]:
        """Yields what happens, when the map shows it: `connecting`, `lost`, `reset`, `snapshot`, `changed`, `removed` and
        `complete`."""
        async for news in follow(self._open, HEARTBEAT):
            match news:
                case Opened():
                    yield "connecting", None
                case Lost():
                    self._void()
                    yield "lost", news
                case _:
                    for event in self._take(news):
                        yield event

    def _open(self) -> Any:
        request = WatchStandingsRequest(
            selector=self.selector, resume_token=self.token, heartbeat=Duration(seconds=HEARTBEAT)
        )
        return self.stub.WatchStandings(request, metadata=self.server.credentials())

    def _void(self) -> None:
        self.stale, self._chunks = True, []

    def _take(self, message: WatchStandingsResponse) -> list[tuple[str, Any]]:
        self.token = message.resume_token
        kind = message.WhichOneof("frame")
        if kind == "reset":
            # The map stays as it was until the snapshot is there as a whole.
            self._void()
            return [("reset", message.reset)]
        events = []
        if kind in ("snapshot", "update"):
            chunk = getattr(message, kind)
            self._chunks.append(chunk)
            if not chunk.last:
                return []
            chunks, self._chunks = self._chunks, []
            events = self._snapshot(chunks) if kind == "snapshot" else self._update(chunks)
        self.stale = False
        if self.complete != message.complete:
            self.complete = message.complete
            events.append(("complete", message))
        return events

    def _snapshot(self, chunks: list[Any]) -> list[tuple[str, Any]]:
        self.standings = {key(standing): standing for chunk in chunks for standing in chunk.standings}
        return [("snapshot", self.standings)]

    def _update(self, chunks: list[Any]) -> list[tuple[str, Any]]:
        standings, events = dict(self.standings), []
        for removal in (removal for chunk in chunks for removal in chunk.removed):
            for gone in [one for one in standings if leaves(one, removal)]:
                del standings[gone]
            events.append(("removed", removal))
        for standing in (standing for chunk in chunks for standing in chunk.standings):
            standings[key(standing)] = standing
            events.append(("changed", standing))
        self.standings = standings
        return events


def key(standing: Standing) -> Key:
    return standing.scope, standing.kpi, standing.period.name


def leaves(one: Key, removal: Any) -> bool:
    """Whether a standing is among what leaves: an empty KPI and an absent period stand for all of them."""
    scope, kpi, period = one
    return (
        scope == removal.scope
        and removal.kpi in ("", kpi)
        and (not removal.HasField("period") or removal.period.name == period)
    )


def line(standing: Standing) -> str:
    actual, goal = standing.actual or "none", standing.goal or "none"
    status = Status.Name(standing.status).removeprefix("STATUS_")
    return f"{standing.scope} {standing.kpi} {standing.period.name}: {actual} of {goal}, {status}"


async def main() -> None:
    parser = argparse.ArgumentParser(description="Follows standings.")
    Server.add_arguments(parser)
    parser.add_argument("--scope", action="append", default=[], help="with everyone below; none is all")
    parser.add_argument("--kpi", action="append", default=[], help="none is all")
    arguments = parser.parse_args()
    selector = Selector(scopes=arguments.scope, with_members=bool(arguments.scope), kpis=arguments.kpi)
    live = LiveMap(Server.of(arguments), selector)
    async for event, value in live.events():
        match event:
            case "connecting":
                print("connecting", flush=True)
            case "lost":
                print(f"lost: {value.reason}; again in {value.again_in:.1f} s", flush=True)
            case "reset":
                print(f"begins anew: {ResetReason.Name(value.reason)}", flush=True)
            case "snapshot":
                print(f"snapshot of {len(value)} standings", flush=True)
                for standing in value.values():
                    print(line(standing), flush=True)
            case "changed":
                print(line(value), flush=True)
            case "removed":
                print(f"{value.scope} left: {RemovalReason.Name(value.reason)}", flush=True)
            case "complete":
                print("complete" if value.complete else f"incomplete: {list(value.causes)}", flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
