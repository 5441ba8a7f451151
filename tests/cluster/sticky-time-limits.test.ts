import { onTestEnd } from "../support/cleanup.js";
import { fixture } from "../support/program-path.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { within } from "../support/wait.js";
import { openRaw } from "./support/raw-connection.js";

test("a header that comes a byte at a time ends its connection", async () => {
  const env = { ROUTING: "sticky", NODE_OPTIONS: `--require ${fixture("short-time-limits.cjs")}` };
  const shoal = await spawnShoal({ workers: 2, env });
  const { socket, closed } = await openRaw(shoal.url);
  socket.write("GET /hello HTTP/1.1\r\nHost: shoal\r\nX-Slow: ");
  const sending = setInterval(() => socket.write("x"), 50);
  onTestEnd(() => clearInterval(sending));

  expect(await within(closed, 20_000, "the end of the connection")).toBe("");
});
