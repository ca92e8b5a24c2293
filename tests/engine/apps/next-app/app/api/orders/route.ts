import { db } from '@/lib/db';

export const dynamic = 'force-dynamic';

const TABLE = 'create table if not exists orders (id serial primary key, item text not null)';

export async function GET() {
  await db().query(TABLE);
  const { rows } = await db().query('select id, item from orders order by id');
  return Response.json({ orders: rows });
}

export async function POST(request: Request) {
  const { item } = (await request.json()) as { item: string };
  await db().query(TABLE);
  const { rows } = await db().query('insert into orders (item) values ($1) returning id', [item]);
  return Response.json({ id: rows[0].id }, { status: 201 });
}
