const Koa = require("koa");

const app = new Koa();
const port = process.env.PORT || 4000;

app.use((ctx) => {
  ctx.body = `${process.env.GREETING} ${process.argv.slice(2).join(" ")}`;
});

app.listen(port);
