"""Follows a watch of paceline: one stream after another, each opened where the last one ended.

Copy this beside the code that is generated from paceline's .proto files. standings.py and alerts.py show what to build on
it.
"""

import argparse
import asyncio
import pathlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

# What helps to try again. Anything else the server would refuse again.
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
# The same of UNAUTHENTICATED, by the reason.
WITH_THE_TOKEN = {"CREDENTIALS_EXPIRED", "KEY_UNKNOWN"}
# The bounds of the waits between attempts, in seconds: a random part of a bound that doubles.
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
# After how many heartbeats without a frame a stream is dead.
HEARTBEATS = 3
# After how many seconds a stream is dead that has brought no frame at all. A server that catches up is silent for up to 30.
FIRST_FRAME = 60.0


@dataclass
class Opened:
    """A stream is being opened. It may be silent while the server catches up."""


@dataclass
class Lost:
    """The stream was lost, and is opened again. Chunks that have come without their last are void."""

    reason: str
    again_in: float


@dataclass
class Server:
    """A server, and what it is shown."""

    address: str
    # Whom its certificate is believed of, in PEM: with it everything goes over TLS.
    ca: pathlib.Path | None = None
    # A token, which another program may renew.
    token_file: pathlib.Path | None = None

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Server":
        return cls(arguments.address, arguments.ca, arguments.token_file)

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:50051")
        parser.add_argument("--ca", type=pathlib.Path, help="speak TLS, and believe this authority (PEM)")
        parser.add_argument("--token-file", type=pathlib.Path, help="holds a token, and is read for each stream")

    def channel(self) -> grpc.aio.Channel:
        """A connection that notices when the server is gone, and buffers little of what is not read yet."""
        options = [
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 15_000),
            ("grpc.http2.lookahead_bytes", 256 * 1024),
            ("grpc.initial_reconnect_backoff_ms", 250),
            ("grpc.max_reconnect_backoff_ms", 5_000),
        ]
        if self.ca is None:
            return grpc.aio.insecure_channel(self.address, options=options)
        tls = grpc.ssl_channel_credentials(self.ca.read_bytes())
        return grpc.aio.secure_channel(self.address, tls, options=options)

    def credentials(self) -> tuple[tuple[str, str], ...]:
        """The metadata of a call that says who asks."""
        if self.token_file is None:
            return ()
        return (("authorization", f"Bearer {self.token_file.read_text().strip()}"),)


async def follow(
    open_stream: Callable[[], Any], heartbeat: float, first_frame: float = FIRST_FRAME
) -> AsyncIterator[Any]:
    """Yields `Opened`, frames and `Lost`, for ever. `open_stream` makes the call, with the newest token.

    `heartbeat` is what it asks for, `first_frame` how long it may bring nothing at all, both in seconds.

    Raises grpc.aio.AioRpcError when the server refuses, and would again.
    """
    failures = 0
    while True:
        yield Opened()
        call = open_stream()
        patience, silent = first_frame, "the first frame has not come in time"
        try:
            while (frame := await asyncio.wait_for(call.read(), patience)) is not grpc.aio.EOF:
                failures, patience = 0, HEARTBEATS * heartbeat
                silent = f"nothing has come for {HEARTBEATS} heartbeats"
                yield frame
            reason, asked = "the stream ended", 0.0
        except asyncio.TimeoutError:  # the builtin one only since Python 3.11
            reason, asked = silent, 0.0
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING and not passes_with_the_token(error):
                raise
            reason, asked = error.details() or error.code().name, retry_delay(error)
        finally:
            call.cancel()
        bound = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 8))
        failures += 1
        again_in = asked + random.uniform(0, bound)
        yield Lost(reason, again_in)
        await asyncio.sleep(again_in)


def passes_with_the_token(error: grpc.aio.AioRpcError) -> bool:
    """Whether the next token will do, or the same one once the server knows its key."""
    if error.code() != grpc.StatusCode.UNAUTHENTICATED:
        return False
    status, info = rpc_status.from_call(error), ErrorInfo()
    details = status.details if status else ()
    return any(detail.Unpack(info) and info.reason in WITH_THE_TOKEN for detail in details)


def retry_delay(error: grpc.aio.AioRpcError) -> float:
    """How many seconds the server asks to wait."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = RetryInfo()
        if detail.Unpack(info):
            return min(60.0, info.retry_delay.ToTimedelta().total_seconds())
    return 0.0
