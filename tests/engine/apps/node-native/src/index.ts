import { PrismaPg } from "@prisma/adapter-pg";
import prisma from "@prisma/client";
import Database from "better-sqlite3";
import express from "express";

const client = new prisma.PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
});
const drafts = new Database(":memory:");
drafts.exec("create table drafts (text text not null)");

await client.$executeRawUnsafe(
  'create table if not exists "Item" (id serial primary key, name text unique not null, amount int not null default 0)',
);

const app = express();
app.use(express.json());

app.get("/health", async (_request, response) => {
  response.json({ items: await client.item.count(), drafts: drafts.prepare("select count(*) as n from drafts").get() });
});

app.post("/drafts", (request, response) => {
  drafts.prepare("insert into drafts values (?)").run(request.body.text);
  response.sendStatus(201);
});

app.post("/items", async (request, response) => {
  response.status(201).json(await client.item.create({ data: request.body }));
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, () => console.log(`stock listens on ${port}`));

process.on("SIGTERM", () => {
  server.close(async () => {
    await client.$disconnect();
    process.exit(0);
  });
});
