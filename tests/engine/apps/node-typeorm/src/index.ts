import express from "express";
import { Boat } from "./boat";
import source from "./data-source";

async function main() {
  await source.initialize();
  const app = express();
  app.get("/healthz", async (_request, response) => {
    response.json({ boats: await source.getRepository(Boat).count() });
  });
  app.get("/boats", async (_request, response) => {
    response.json(await source.getRepository(Boat).find());
  });
  const server = app.listen(3000);
  process.on("SIGTERM", () => server.close(() => source.destroy()));
}

main();
