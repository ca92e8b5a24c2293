import postgres from "postgres";

const sql = postgres(Bun.env.DATABASE_URL!, { onnotice: () => {} });

export async function prepare() {
  await sql`create table if not exists notes (id serial primary key, text text not null)`;
}

export function all() {
  return sql<{ id: number; text: string }[]>`select id, text from notes order by id`;
}

export async function add(text: string) {
  const [note] = await sql<{ id: number }[]>`insert into notes (text) values (${text}) returning id`;
  return note;
}

export const close = () => sql.end();
