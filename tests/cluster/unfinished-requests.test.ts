import { fixture } from "../support/program-path.js";
import { openRaw } from "../support/raw-tcp.js";
import { spawnShoal } from "../support/spawn-shoal.js";

const HEAD = "POST /hello HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\n";

test.each(["forward", "sticky"])(
  "a body that does not come to its end is waited for no longer than the server does, with ROUTING=%s",
  async (routing) => {
    const env = { ROUTING: routing, NODE_OPTIONS: `--require ${fixture("hasty-server.cjs")}` };
    const shoal = await spawnShoal({ workers: 2, env });
    const begun = await openRaw(shoal.url);
    begun.write(`${HEAD}Content-Length: 100\r\n\r\n{`);
    const promised = await openRaw(shoal.url);
    promised.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);

    const answers = await Promise.all([begun.readToEnd(15_000), promised.readToEnd(15_000)]);
    expect(answers.map((answer) => answer.split("\r\n")[0])).toEqual(
      Array.from({ length: 2 }, () => "HTTP/1.1 408 Request Timeout"),
    );
  },
);
