// Follows the alerts of a paceline over gRPC-Web, prints each, and keeps in a file how far it has come.
//
//     node dist/alerts.js http://127.0.0.1:8080 alerts.token
//
// An alert that was not acknowledged comes again: after a lost connection, and when this program is started again.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { FIRST_FRAME_MS, follow, type Lost } from "./follow.js";
import { showing } from "./token.js";
import type { Alert } from "./gen/paceline/v1/alert_pb.js";
import { AlertsService, type WatchAlertsResponse } from "./gen/paceline/v1/alerts_service_pb.js";
import { Status } from "./gen/paceline/v1/standing_pb.js";

/** Alerts, each at least once. `token` goes on after what is acknowledged, also after a restart of either side. */
class Alerts {
  /** What was handed out and is not acknowledged: ids in their order, each with the token after it. */
  private readonly handedOut = new Map<string, Uint8Array>();

  constructor(
    private readonly client: Client<typeof AlertsService>,
    public token: Uint8Array,
    private readonly heartbeatSeconds: number,
    /** How long a stream may bring nothing at all. */
    private readonly firstFrameMs: number,
  ) {}

  /** Yields alerts, losses, and undefined when there is no other alert up to now. */
  async *events(): AsyncGenerator<Alert | Lost | undefined> {
    const open = (signal: AbortSignal) => this.open(signal);
    for await (const news of follow(open, this.heartbeatSeconds * 1000, this.firstFrameMs)) {
      if (news.news === "opened") {
        this.handedOut.clear(); // all of it comes again
      } else if (news.news === "lost") {
        yield news;
      } else if (news.frame.frame.case === "alert") {
        const alert = news.frame.frame.value;
        this.handedOut.set(alert.id, news.frame.resumeToken);
        yield alert;
      } else {
        if (this.handedOut.size === 0) this.token = news.frame.resumeToken;
        yield undefined;
      }
    }
  }

  /** Acknowledges an alert and all that came before it. */
  ack(alert: Alert): void {
    if (!this.handedOut.has(alert.id)) return;
    for (const [id, token] of this.handedOut) {
      this.token = token;
      this.handedOut.delete(id);
      if (id === alert.id) return;
    }
  }

  private open(signal: AbortSignal): AsyncIterable<WatchAlertsResponse> {
    const heartbeat = { seconds: BigInt(this.heartbeatSeconds) };
    return this.client.watchAlerts({ resumeToken: this.token, heartbeat }, { signal });
  }
}

/** A token in a file, which is replaced as a whole: one that a crash left empty would mean to begin with the next alert. */
class Kept {
  token: Uint8Array;

  constructor(private readonly path: string) {
    this.token = read(path);
  }

  keep(token: Uint8Array): void {
    if (Buffer.compare(token, this.token) === 0) return;
    const file = openSync(`${this.path}.new`, "w");
    writeFileSync(file, token);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${this.path}.new`, this.path);
    this.token = token;
  }
}

/** The token in a file; none if there is no file: the next alert is the first. */
function read(path: string): Uint8Array {
  let token: Uint8Array;
  try {
    token = new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Uint8Array();
    throw error;
  }
  if (token.length > 0) return token;
  throw new Error(`${path} is empty, which is no token: remove it to begin with the next alert`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    heartbeat: { type: "string", default: "5" }, // seconds
    "token-file": { type: "string" },
    "first-frame": { type: "string", default: String(FIRST_FRAME_MS / 1000) }, // seconds
  },
});
const [address = "http://127.0.0.1:8080", file = "alerts.token"] = positionals;
const kept = new Kept(file);
const transport = createGrpcWebTransport({ baseUrl: address, interceptors: showing(values["token-file"]) });
const client = createClient(AlertsService, transport);
const alerts = new Alerts(client, kept.token, Number(values.heartbeat), Number(values["first-frame"]) * 1000);
for await (const event of alerts.events()) {
  if (event !== undefined && "news" in event) {
    console.log(`lost: ${event.reason}; again in ${(event.againInMs / 1000).toFixed(1)} s`);
  } else if (event !== undefined) {
    console.log(`${event.id}: ${event.scope} ${event.kpi} is ${Status[event.to]}`);
    // Here goes what is to be done about it. Only then it is acknowledged.
    alerts.ack(event);
  }
  kept.keep(alerts.token);
}
