// Follows a watch of paceline: one stream after another, each opened where the last one ended.
//
// Copy this beside the code that is generated from paceline's .proto files. standings.ts and alerts.ts show what to build
// on it. It runs in browsers as it does here.

import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { durationMs, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

/** A stream is being opened. It may be silent while the server catches up. */
export type Opened = { news: "opened" };
/** A frame has come. */
export type Frame<F> = { news: "frame"; frame: F };
/** The stream was lost, and is opened again. Chunks that have come without their last are void. */
export type Lost = { news: "lost"; reason: string; againInMs: number };

/** What helps to try again. Anything else the server would refuse again. */
const PASSING = new Set([
  Code.Unavailable,
  Code.Unknown,
  Code.Internal,
  Code.ResourceExhausted,
  Code.Aborted,
  Code.Canceled,
  Code.DeadlineExceeded,
]);
/** The same of UNAUTHENTICATED, by the reason. */
const WITH_THE_TOKEN = new Set(["CREDENTIALS_EXPIRED", "KEY_UNKNOWN"]);
/** The bounds of the waits between attempts: a random part of a bound that doubles. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** After how many heartbeats without a frame a stream is dead. */
const HEARTBEATS = 3;
/** After how long a stream is dead that has brought no frame at all. A server that catches up is silent for up to 30 seconds. */
export const FIRST_FRAME_MS = 60_000;

/**
 * Yields what happens, for ever. `open` makes the call with the newest token, and ends it by the signal: leaving the loop
 * over a stream is not enough for the server to notice.
 *
 * `heartbeatMs` is what it asks for, `firstFrameMs` how long it may bring nothing at all: here nothing else notices that a
 * network is gone.
 *
 * Throws a ConnectError when the server refuses, and would again.
 */
export async function* follow<F>(
  open: (signal: AbortSignal) => AsyncIterable<F>,
  heartbeatMs: number,
  firstFrameMs = FIRST_FRAME_MS,
): AsyncGenerator<Opened | Frame<F> | Lost> {
  for (let failures = 0; ; failures++) {
    yield { news: "opened" };
    const call = new AbortController();
    let [reason, askedMs] = ["the stream ended", 0];
    const giveUpAfter = (ms: number, why: string) =>
      setTimeout(() => call.abort(new ConnectError(why, Code.Unavailable)), ms);
    let silent = giveUpAfter(firstFrameMs, "the first frame has not come in time");
    try {
      for await (const frame of open(call.signal)) {
        clearTimeout(silent);
        failures = 0;
        yield { news: "frame", frame };
        silent = giveUpAfter(HEARTBEATS * heartbeatMs, `nothing has come for ${HEARTBEATS} heartbeats`);
      }
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      if (!PASSING.has(error.code) && !passesWithTheToken(error)) throw error;
      [reason, askedMs] = [error.rawMessage, retryDelayMs(error)];
    } finally {
      clearTimeout(silent);
      call.abort();
    }
    const bound = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 8));
    const againInMs = askedMs + Math.random() * bound;
    yield { news: "lost", reason, againInMs };
    await new Promise((resolve) => setTimeout(resolve, againInMs));
  }
}

/** Whether the next token will do, or the same one once the server knows its key: the first field of a `google.rpc.ErrorInfo` is the reason. */
function passesWithTheToken(error: ConnectError): boolean {
  if (error.code !== Code.Unauthenticated) return false;
  return error.details.some((detail) => {
    if (!("type" in detail) || detail.type !== "google.rpc.ErrorInfo") return false;
    const reader = new BinaryReader(detail.value);
    return reader.len > 0 && reader.tag()[0] === 1 && WITH_THE_TOKEN.has(reader.string());
  });
}

/** How long the server asks to wait: the one field of a `google.rpc.RetryInfo` among the details of the error. */
function retryDelayMs(error: ConnectError): number {
  for (const detail of error.details) {
    if (!("type" in detail) || detail.type !== "google.rpc.RetryInfo") continue;
    const reader = new BinaryReader(detail.value);
    if (reader.len > 0 && reader.tag()[0] === 1) {
      return Math.min(60_000, durationMs(fromBinary(DurationSchema, reader.bytes())));
    }
  }
  return 0;
}
