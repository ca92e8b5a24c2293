import Router from "@koa/router";
import bcrypt from "bcrypt";
import { pool } from "@/db/pool";

export const router = new Router();

router.get("/healthz", (context) => {
  context.body = { status: "ok" };
});

router.get("/users", async (context) => {
  const { rows } = await pool.query("select name from users order by name");
  context.body = rows;
});

router.post("/users", async (context) => {
  const { name, password } = context.request.body as { name: string; password: string };
  const hash = await bcrypt.hash(password, 10);
  await pool.query("insert into users (name, hash) values ($1, $2) on conflict do nothing", [name, hash]);
  context.status = 201;
  context.body = { name };
});
