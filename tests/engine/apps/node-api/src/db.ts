import pg from "pg";

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

export async function migrate() {
  await pool.query("create table if not exists items (id serial primary key, name text not null)");
}
