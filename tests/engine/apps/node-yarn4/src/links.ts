import { Redis } from "ioredis";

export const redis = new Redis({
  host: process.env.REDIS_HOST ?? "127.0.0.1",
  port: Number(process.env.REDIS_PORT ?? 6379),
  password: process.env.REDIS_PASSWORD,
});

export async function save(name: string, target: string) {
  await redis.hset("links", name, target);
}

export async function follow(name: string) {
  const target = await redis.hget("links", name);
  if (target) await redis.hincrby("counts", name, 1);
  return target;
}
