import { Hono } from "hono";
import { add, all, close, prepare } from "@/notes";

await prepare();

const app = new Hono();
app.get("/health", (context) => context.json({ status: "ok" }));
app.get("/notes", async (context) => context.json(await all()));
app.post("/notes", async (context) => {
  const { text } = await context.req.json<{ text: string }>();
  return context.json(await add(text), 201);
});

const server = Bun.serve({ port: Number(process.env.PORT ?? 3000), fetch: app.fetch });
console.log(`notes listens on ${server.port}`);

process.on("SIGTERM", async () => {
  await server.stop();
  await close();
  process.exit(0);
});
