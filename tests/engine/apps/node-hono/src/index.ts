import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono()
  .get("/", (c) => c.json(["one", "two"]))
  .get("/livez", (c) => c.text("ok"));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) });
