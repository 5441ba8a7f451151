import { freePort } from "../../tools/shared/ports.js";
import { createLedger, idOf } from "./ledger.js";
import { startLoad } from "./load.js";
import { createPrng } from "./prng.js";

test("who comes after the question is not waited for, so that a slow machine has an answer, too", async () => {
  const ledger = createLedger();
  ledger.published("room-1", "ann", idOf(1));
  ledger.acked({ room: "room-1", from: "ann", id: idOf(1), seq: 1 });
  // Nobody listens there, so that every visitor is behind for as long as he stays.
  const url = `http://127.0.0.1:${await freePort()}`;
  const load = startLoad({ ledger, issuer: undefined, urls: () => [url] }, createPrng("visitors"), {
    clients: 0,
    rooms: 1,
    rate: 1,
  });

  await expect(load.converge(60_000)).resolves.toBeGreaterThan(0);

  load.stop();
});
