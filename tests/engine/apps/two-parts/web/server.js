import express from "express";
import pg from "pg";

const backend = process.env.BACKEND_URL ?? "http://localhost:8000";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express();

app.get("/health", async (_request, response) => {
  await pool.query("select 1");
  response.json({ status: "ok" });
});

app.get("/", async (_request, response) => {
  const notes = await (await fetch(`${backend}/notes`)).json();
  response.type("text").send(["pages, first edition", ...notes].join("\n"));
});

const server = app.listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => server.close(() => pool.end()));
