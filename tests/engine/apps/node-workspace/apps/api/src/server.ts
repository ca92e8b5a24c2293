import express from "express";
import { arrival } from "@ferry/timetable";

const app = express();
const pier = process.env.PIER ?? "north";

app.get("/healthz", (_request, response) => {
  response.json({ ok: true });
});

app.get("/next", (_request, response) => {
  response.json({ from: pier, arrives: arrival(new Date()).toISOString() });
});

app.listen(Number(process.env.PORT ?? 4000));
