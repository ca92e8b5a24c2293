import { hash, verify } from "@node-rs/argon2";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();

app.get("/livez", (context) => context.text("ok"));

app.post("/hash", async (context) => {
  const { password } = await context.req.json<{ password: string }>();
  return context.json({ hash: await hash(password) });
});

app.post("/verify", async (context) => {
  const { password, stored } = await context.req.json<{ password: string; stored: string }>();
  return context.json({ same: await verify(stored, password) });
});

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8787) }, (address) => {
  console.log(`hash-box listens on ${address.port}`);
});

process.on("SIGTERM", () => server.close());
