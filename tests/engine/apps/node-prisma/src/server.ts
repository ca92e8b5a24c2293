import { PrismaPg } from "@prisma/adapter-pg";
import express from "express";
import { env } from "./env.ts";
import { PrismaClient } from "./generated/client.ts";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: env.DATABASE_URL }) });
const app = express();

app.use(express.json());

app.get("/healthz", async (_request, response) => {
  await prisma.note.count();
  response.json({ ok: true });
});

app.get("/notes", async (_request, response) => {
  response.json(await prisma.note.findMany());
});

app.post("/notes", async (request, response) => {
  response.status(201).json(await prisma.note.create({ data: { text: String(request.body.text) } }));
});

const server = app.listen(env.PORT);
process.on("SIGTERM", () => server.close(() => prisma.$disconnect()));
