import assert from "node:assert/strict";
import { test } from "node:test";

import { createApp } from "../src/app.js";

test("health needs no database", async () => {
  const app = createApp({ query: () => Promise.reject(new Error("not asked")) } as never);
  const server = app.listen(0);
  const address = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${address.port}/health`);
  assert.equal(answer.status, 200);
  server.close();
});
