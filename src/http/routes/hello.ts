import { Router } from "express";
import { z } from "zod";
import { parse } from "../../validation.js";
import { allowOnly } from "../allow-only.js";

const greeting = z.strictObject({ name: z.string().trim().min(1).max(100) });

/** `GET /hello` greets; `POST /hello {name}` greets by name. The smallest example of a route with a validated body. */
export function helloRoutes(): Router {
  return Router()
    .get("/hello", (_request, response) => {
      response.json({ message: "Hello from Shoal" });
    })
    .post("/hello", (request, response) => {
      const { name } = parse(greeting, request.body);
      response.json({ message: `Hello, ${name}` });
    })
    .all("/hello", allowOnly("GET", "POST"));
}
