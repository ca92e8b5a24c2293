const express = require("express");
const path = require("path");

const app = express();
const port = process.env.PORT || 8080;

app.use(express.static(path.join(__dirname, "public")));
app.get("/api/greeting", (req, res) => res.json({ greeting: "hello, first edition" }));

app.listen(port, () => console.log(`http://localhost:${port}`));
