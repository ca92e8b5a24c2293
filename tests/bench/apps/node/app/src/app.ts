import express from "express";

const app = express();
app.get("/", (_request, response) => void response.send("hello\n"));
app.get("/health", (_request, response) => void response.json({ status: "ok" }));
app.listen(Number(process.env.PORT ?? 3000));
