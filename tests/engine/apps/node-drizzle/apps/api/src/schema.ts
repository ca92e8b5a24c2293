import { pgTable, serial, text } from "drizzle-orm/pg-core";

export const recipes = pgTable("recipes", {
  id: serial().primaryKey(),
  name: text().notNull(),
});
