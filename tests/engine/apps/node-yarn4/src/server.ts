import Fastify from "fastify";
import { follow, redis, save } from "./links.js";

const server = Fastify({ logger: process.env.NODE_ENV === "production" });

server.get("/ready", async () => ({ redis: await redis.ping() }));

server.get<{ Params: { name: string } }>("/:name", async (request, reply) => {
  const target = await follow(request.params.name);
  return target ? reply.redirect(target) : reply.code(404).send({ error: "no such link" });
});

server.put<{ Params: { name: string }; Body: { target: string } }>("/:name", async (request) => {
  await save(request.params.name, request.body.target);
  return { saved: request.params.name };
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    await server.close();
    redis.disconnect();
  });
}

await server.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? "localhost" });
