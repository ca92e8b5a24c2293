import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { prepare } from "@/db/pool";
import { router } from "@/routes";

const port = Number(process.env.PORT) || 8000;
const host = process.env.HOST || "127.0.0.1";

async function main() {
  await prepare();
  const app = new Koa();
  app.use(bodyParser());
  app.use(router.routes()).use(router.allowedMethods());
  const server = app.listen(port, host, () => console.log(`ledger listens on ${host}:${port}`));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
