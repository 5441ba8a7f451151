import { ApiError, createApi } from "shoal/client";

const api = createApi({ url: "http://localhost:3000", user: "ann" });
const params = { room: "kitchen" };
const id = crypto.randomUUID();
console.log("stored", await api.post("/rooms/:room/messages", { params, body: { id, body: "hello" } }));
const page = await api.get("/rooms/:room/messages", { params, query: { after: 0, limit: 10 } });
console.log("read up to", page.to);
try {
  await api.post("/hello", { body: { name: "" } });
} catch (error) {
  if (error instanceof ApiError) console.log("refused", error.code, error.temporary, error.retryAfterMs);
}
