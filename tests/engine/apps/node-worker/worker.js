import { Redis } from "ioredis";

import { format } from "./lib/format.js";

const redis = new Redis(process.env.REDIS_URL);
let stopping = false;

process.on("SIGTERM", () => {
  stopping = true;
  redis.disconnect();
});

console.log("mail-worker: waiting for jobs");
while (!stopping) {
  const job = await redis.blpop("jobs", 0).catch((error) => {
    if (!stopping) throw error;
  });
  if (job) {
    await redis.rpush("sent", format(job[1]));
  }
}
