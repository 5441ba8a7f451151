import { createClient } from "shoal/client";
import { fileStore } from "shoal/client/stores/file";
import { io } from "socket.io-client";

const store = fileStore("data/outbox");
const client = createClient({ io, url: "http://localhost:3000", user: "ann", store });
client.onStatus((status) => console.log("status:", status));
client.outbox.onStorage((storage) => {
  console.log("outbox:", storage, ...client.outbox.pending().map(({ body }) => body));
});
client.outbox.onOutcome(({ outcome, body, seq }) => console.log(`${outcome}:`, body, seq));

await client.room("kitchen").publish(`written at ${new Date().toISOString()}`);
await client.close();
