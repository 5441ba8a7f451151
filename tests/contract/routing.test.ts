import { complaints } from "../cluster/support/complaints.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { routingContract, routingFaults, SUITE_ENV } from "./routing-suite.js";

const WORKERS = 3;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

describe.each(["sticky", "forward"])("ROUTING=%s", (routing) => {
  const env = { ...SUITE_ENV, ROUTING: routing };

  describe("while all workers serve", () => {
    let shoal: Shoal;

    beforeAll(async () => {
      shoal = await spawnShoal({ workers: WORKERS, mongodbUri: mongo.uriFor(), env });
    });

    afterEach(() => {
      expect(complaints(shoal.logs)).toEqual([]);
      expect(shoal.workerPids()).toHaveLength(WORKERS);
    });

    routingContract(() => shoal);
  });
});

// tests/cluster has the like, and more, for the default.
describe("ROUTING=sticky, when workers end", () => {
  const env = { ...SUITE_ENV, ROUTING: "sticky" };
  routingFaults(() => spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env }));
});
