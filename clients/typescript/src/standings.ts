// Follows the standings of a paceline over gRPC-Web, and prints what changes.
//
//     node dist/standings.js http://127.0.0.1:8080 --scope team:M1 --kpi bookings

import { parseArgs } from "node:util";

import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { follow, type Lost } from "./follow.js";
import { showing } from "./token.js";
import { type Standing, Status } from "./gen/paceline/v1/standing_pb.js";
import {
  type Removal,
  RemovalReason,
  ResetReason,
  type Snapshot,
  StandingsService,
  type Update,
  type WatchStandingsResponse,
} from "./gen/paceline/v1/standings_service_pb.js";

const HEARTBEAT_SECONDS = 5;

/** Which standings. Empty lists are all. */
type Selection = { scopes: string[]; withMembers: boolean; kpis: string[] };

/** What happens to a live map. */
type Event =
  | { event: "connecting" }
  | { event: "lost"; lost: Lost }
  | { event: "reset"; reason: ResetReason }
  | { event: "snapshot"; standings: ReadonlyMap<string, Standing> }
  | { event: "changed"; standing: Standing }
  | { event: "removed"; removal: Removal }
  | { event: "complete"; complete: boolean; causes: string[] };

/**
 * The newest standings of a selection, changed by whole updates only.
 *
 * `standings` is replaced, never changed: whoever holds it holds what the server had at one revision.
 */
class LiveMap {
  standings: ReadonlyMap<string, Standing> = new Map();
  /** Whether it may not be what the server has. */
  stale = true;
  /** Whether no input is degraded, gapped or recovering. */
  complete = false;
  private token: Uint8Array = new Uint8Array();
  private chunks: (Snapshot | Update)[] = [];

  constructor(
    private readonly client: Client<typeof StandingsService>,
    private readonly selector: Selection,
  ) {}

  /** Yields what happens, when the map shows it. */
  async *events(): AsyncGenerator<Event> {
    for await (const news of follow((signal) => this.open(signal), HEARTBEAT_SECONDS * 1000)) {
      if (news.news === "opened") {
        yield { event: "connecting" };
      } else if (news.news === "lost") {
        this.void();
        yield { event: "lost", lost: news };
      } else {
        yield* this.take(news.frame);
      }
    }
  }

  private open(signal: AbortSignal): AsyncIterable<WatchStandingsResponse> {
    const heartbeat = { seconds: BigInt(HEARTBEAT_SECONDS) };
    const request = { selector: this.selector, resumeToken: this.token, heartbeat };
    return this.client.watchStandings(request, { signal });
  }

  private void(): void {
    this.stale = true;
    this.chunks = [];
  }

  private take(message: WatchStandingsResponse): Event[] {
    this.token = message.resumeToken;
    const events: Event[] = [];
    const frame = message.frame;
    if (frame.case === "reset") {
      // The map stays as it was until the snapshot is there as a whole.
      this.void();
      return [{ event: "reset", reason: frame.value.reason }];
    }
    if (frame.case === "snapshot" || frame.case === "update") {
      this.chunks.push(frame.value);
      if (!frame.value.last) return [];
      events.push(...(frame.case === "snapshot" ? this.snapshot() : this.update()));
    }
    this.stale = false;
    if (this.complete !== message.complete) {
      this.complete = message.complete;
      const causes = message.causes.map((cause) => `${cause.source} ${cause.detail}`);
      events.push({ event: "complete", complete: message.complete, causes });
    }
    return events;
  }

  private snapshot(): Event[] {
    const standings = this.drain().flatMap((chunk) => chunk.standings);
    this.standings = new Map(standings.map((standing) => [key(standing), standing]));
    return [{ event: "snapshot", standings: this.standings }];
  }

  private update(): Event[] {
    const standings = new Map(this.standings);
    const chunks = this.drain();
    const removed = chunks.flatMap((chunk) => ("removed" in chunk ? chunk.removed : []));
    for (const removal of removed) {
      for (const [one, standing] of standings) {
        if (leaves(standing, removal)) standings.delete(one);
      }
    }
    const changed = chunks.flatMap((chunk) => chunk.standings);
    for (const standing of changed) standings.set(key(standing), standing);
    this.standings = standings;
    return [
      ...removed.map((removal): Event => ({ event: "removed", removal })),
      ...changed.map((standing): Event => ({ event: "changed", standing })),
    ];
  }

  private drain(): (Snapshot | Update)[] {
    const chunks = this.chunks;
    this.chunks = [];
    return chunks;
  }
}

function key(standing: Standing): string {
  return JSON.stringify([standing.scope, standing.kpi, standing.period?.name]);
}

/** Whether a standing is among what leaves: an empty KPI and an absent period stand for all of them. */
function leaves(standing: Standing, removal: Removal): boolean {
  return (
    standing.scope === removal.scope &&
    (removal.kpi === "" || removal.kpi === standing.kpi) &&
    (removal.period === undefined || removal.period.name === standing.period?.name)
  );
}

function line(standing: Standing): string {
  const { scope, kpi, period, actual, goal, status } = standing;
  return `${scope} ${kpi} ${period?.name}: ${actual || "none"} of ${goal || "none"}, ${Status[status]}`;
}

function lines(event: Event): string[] {
  switch (event.event) {
    case "connecting":
      return ["connecting"];
    case "lost":
      return [`lost: ${event.lost.reason}; again in ${(event.lost.againInMs / 1000).toFixed(1)} s`];
    case "reset":
      return [`begins anew: ${ResetReason[event.reason]}`];
    case "snapshot":
      return [`snapshot of ${event.standings.size} standings`, ...[...event.standings.values()].map(line)];
    case "changed":
      return [line(event.standing)];
    case "removed":
      return [`${event.removal.scope} left: ${RemovalReason[event.removal.reason]}`];
    case "complete":
      return [event.complete ? "complete" : `incomplete: ${event.causes.join("; ")}`];
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scope: { type: "string", multiple: true },
    kpi: { type: "string", multiple: true },
    "token-file": { type: "string" },
  },
});
const scopes = values.scope ?? [];
const baseUrl = positionals[0] ?? "http://127.0.0.1:8080";
const transport = createGrpcWebTransport({ baseUrl, interceptors: showing(values["token-file"]) });
const live = new LiveMap(createClient(StandingsService, transport), {
  scopes,
  withMembers: scopes.length > 0,
  kpis: values.kpi ?? [],
});
for await (const event of live.events()) {
  for (const text of lines(event)) console.log(text);
}
