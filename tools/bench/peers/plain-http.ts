// A plain Node cluster with Express, without Socket.IO: what HTTP costs when nothing stands in its way. Arguments: port, workers.
import cluster from "node:cluster";
import { createServer } from "node:http";
import cors from "cors";
import express from "express";
import helmet from "helmet";

const [port = "", workers = "1"] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let index = 0; index < Number(workers); index += 1) cluster.fork();
} else {
  const app = express();
  app.use(helmet());
  app.use(cors());
  app.use(express.json());
  app.get("/hello", (_request, response) => void response.json({ message: "Hello!" }));
  app.post("/hello", (request, response) => void response.json({ message: `Hello, ${request.body.name}!` }));
  createServer(app).listen(Number(port), "127.0.0.1");
}
