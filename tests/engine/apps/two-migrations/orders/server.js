const express = require("express");
const { Order, sequelize } = require("./models");

const app = express();

app.get("/health", async (_request, response) => response.json({ orders: await Order.count() }));
app.get("/orders", async (_request, response) => response.json(await Order.findAll()));

const server = app.listen(process.env.PORT || 3000);
process.on("SIGTERM", () => server.close(() => sequelize.close()));
