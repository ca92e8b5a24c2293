// Keeps what it is given beside its code, as small apps do: a database, files, a log.
const fs = require("node:fs");
const path = require("node:path");
const { DatabaseSync } = require("node:sqlite");
const express = require("express");
const multer = require("multer");

fs.mkdirSync(path.join(__dirname, "logs"), { recursive: true });
const log = fs.createWriteStream(path.join(__dirname, "logs", "access.log"), { flags: "a" });

const database = new DatabaseSync("keep.db");
database.exec("create table if not exists items (name text not null)");

const upload = multer({ dest: "uploads/" });
const app = express();
app.use(express.json());
app.use((request, response, next) => {
  log.write(`${request.method} ${request.path}\n`);
  next();
});

app.get("/health", (request, response) => response.json({ ok: true }));
app.get("/items", (request, response) => response.json(database.prepare("select name from items").all()));
app.post("/items", (request, response) => {
  database.prepare("insert into items values (?)").run(request.body.name);
  fs.writeFileSync(`uploads/${Date.now()}`, request.body.name);
  response.status(201).end();
});
app.post("/files", upload.single("file"), (request, response) => response.status(201).end());

app.listen(process.env.PORT || 3000);
