import express from "express";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express();

app.get("/health", async (_request, response) => {
  await pool.query("select from stock");
  response.json({ ok: true });
});

app.get("/stock", async (_request, response) => {
  response.json((await pool.query("select id, item from stock order by id")).rows);
});

const server = app.listen(process.env.PORT || 3001);
process.on("SIGTERM", () => server.close(() => pool.end()));
