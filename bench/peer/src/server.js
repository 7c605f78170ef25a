// Entry point: one HTTP server with the REST API and Socket.IO.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { handleRequest } from "./api.js";
import { database } from "./database.js";
import { serveSockets } from "./sockets.js";

const { HOST = "127.0.0.1", PORT = "8090" } = process.env;

await database.query("select 1");
const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, handleRequest);
const io = new Server(server, { perMessageDeflate: false, serveClient: false });
serveSockets(io);
server.listen({ host: HOST, port: Number(PORT), backlog: 4096 });

process.on("SIGTERM", () => {
  io.close();
  process.exit(0);
});
