import type { FastifyInstance } from "fastify";

module.exports = async function (app: FastifyInstance, _options: object) {
  app.get("/", async () => ["rain", "sun"]);
  app.get("/health", async () => ({ ok: true }));
};
