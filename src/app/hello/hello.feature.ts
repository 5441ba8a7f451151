import { z } from "zod";
import { anyone } from "../../contract/access.js";
import { feature } from "../../contract/feature.js";
import { route } from "../../contract/route.js";

const newGreeting = z.strictObject({ name: z.string().trim().min(1).max(100) });
const greeting = z.strictObject({ message: z.string().max(200) });

/** The smallest feature: a route, and one with a body. */
export const hello = feature("hello", {
  create: () => ({
    routes: [
      route("GET", "/hello", { summary: "Greets.", access: anyone, reply: greeting }, () => ({
        message: "Hello from Shoal",
      })),
      route(
        "POST",
        "/hello",
        { summary: "Greets by name.", access: anyone, body: newGreeting, reply: greeting },
        ({ body }) => ({ message: `Hello, ${body.name}` }),
      ),
    ],
  }),
});
