const http = require("node:http");

const server = http.createServer((request, response) => {
  response.writeHead(request.url === "/health" ? 200 : 404).end();
});
server.listen(process.env.PORT || 3000);
process.on("SIGTERM", () => server.close());
