"use strict";

const fastify = require("fastify")({ logger: true });
const Redis = require("ioredis");
const { Pool } = require("pg");

const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = process.env;
const pool = new Pool({ host: PGHOST, port: Number(PGPORT || 5432), user: PGUSER, password: PGPASSWORD, database: PGDATABASE });
const redis = new Redis(process.env.REDIS_URL);

fastify.get("/", async () => "parcels, first edition\n");

fastify.get("/healthz", async () => ({ ok: true }));

fastify.get("/items", async () => {
  await redis.incr("reads");
  const { rows } = await pool.query("select id, name from items order by id");
  return rows;
});

fastify.post("/items", async (request, reply) => {
  const { rows } = await pool.query("insert into items (name) values ($1) returning id, name", [request.body.name]);
  return reply.code(201).send(rows[0]);
});

async function main() {
  await pool.query("create table if not exists items (id serial primary key, name text not null)");
  await fastify.listen({ port: Number(process.env.PORT) || 3000, host: "0.0.0.0" });
}

main().catch((error) => {
  fastify.log.error(error);
  process.exit(1);
});
