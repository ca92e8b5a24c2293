import { createApp } from "./app.js";
import { migrate, pool } from "./db.js";

const port = Number(process.env.PORT ?? 3000);
await migrate();

const server = createApp(pool).listen(port, () => {
  if (process.env.LOG_LEVEL !== "silent") console.log(`listening on ${port}`);
});

process.on("SIGTERM", () => {
  server.close(async () => {
    await pool.end();
    process.exit(0);
  });
});
