// Shows a token with every call. In a browser the token comes from the page in the place of a file.

import { readFileSync } from "node:fs";

import type { Interceptor } from "@connectrpc/connect";

/** An interceptor that reads the token from a file for each call, for another program may renew it; none without a file. */
export function showing(file: string | undefined): Interceptor[] {
  if (file === undefined) return [];
  return [
    (next) => (request) => {
      request.header.set("authorization", `Bearer ${readFileSync(file, "utf8").trim()}`);
      return next(request);
    },
  ];
}
