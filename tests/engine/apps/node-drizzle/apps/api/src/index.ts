import { grams } from "@kitchen/units";
import { drizzle } from "drizzle-orm/postgres-js";
import { Hono } from "hono";
import { recipes } from "./schema";

const db = drizzle(process.env.DATABASE_URL!);
const app = new Hono();

app.get("/health", async (context) => context.json({ recipes: await db.$count(recipes) }));
app.get("/recipes", async (context) => {
  const all = await db.select().from(recipes).orderBy(recipes.id);
  return context.json(all.map((recipe) => ({ ...recipe, flour: grams(2) })));
});

export default { port: Number(process.env.PORT ?? 3000), fetch: app.fetch };
