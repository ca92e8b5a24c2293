import { Pool } from "pg";

export const pool = new Pool({ connectionString: process.env.DATABASE_URL });

export async function prepare() {
  await pool.query("create table if not exists users (name text primary key, hash text not null)");
}
