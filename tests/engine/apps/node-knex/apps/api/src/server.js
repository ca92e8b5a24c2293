const express = require("express");
const knex = require("knex")(require("../knexfile"));
const { title } = require("@library/words");

const app = express();

app.get("/health", async (_request, response) => {
  await knex("shelves").first();
  response.json({ ok: true });
});

app.get("/shelves", async (_request, response) => {
  const shelves = await knex("shelves").orderBy("id");
  response.json(shelves.map((shelf) => ({ ...shelf, name: title(shelf.name) })));
});

const server = app.listen(process.env.PORT || 3000);
process.on("SIGTERM", () => server.close(() => knex.destroy()));
