import express from "express";
import type { Pool } from "pg";

export function createApp(pool: Pick<Pool, "query">) {
  const app = express();
  app.use(express.json());

  app.get("/", (_request, response) => {
    response.send("shop, first edition\n");
  });

  app.get("/health", (_request, response) => {
    response.json({ status: "ok" });
  });

  app.get("/items", async (_request, response) => {
    const { rows } = await pool.query("select id, name from items order by id");
    response.json(rows);
  });

  app.post("/items", async (request, response) => {
    const { rows } = await pool.query("insert into items (name) values ($1) returning id, name", [request.body.name]);
    response.status(201).json(rows[0]);
  });

  return app;
}
