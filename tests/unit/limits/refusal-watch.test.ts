import { Connection } from "../../../src/engine/realtime/connections/connection.js";
import type { RawConnection } from "../../../src/engine/realtime/connections/raw-connection.js";
import { createRefusalWatch } from "../../../src/engine/realtime/refusal-watch.js";

function world() {
  let nowMs = 0;
  const givenUp: Connection[] = [];
  const watch = createRefusalWatch(
    (connection) => void givenUp.push(connection),
    () => nowMs,
  );
  const connect = () => new Connection({} as RawConnection, undefined);
  const refuse = (connection: Connection, times: number, everyMs = 0) => {
    for (let n = 0; n < times; n += 1) {
      nowMs += everyMs;
      watch.refused(connection);
    }
  };
  return { watch, givenUp, connect, refuse };
}

test("the twentieth refusal within five seconds gives a connection up, once", () => {
  const { watch, givenUp, connect, refuse } = world();
  const [ann, ben] = [connect(), connect()];
  refuse(ben, 19, 10);
  refuse(ann, 19, 10);
  expect(watch.isGivenUp(ann)).toBe(false);
  refuse(ann, 100, 10);

  expect(givenUp).toEqual([ann]);
  expect(watch.isGivenUp(ann)).toBe(true);
  expect(watch.isGivenUp(ben)).toBe(false);
});

test("refusals that are further apart give nobody up, however many they are", () => {
  const { givenUp, connect, refuse } = world();
  refuse(connect(), 1000, 264); // nineteen intervals are more than five seconds

  expect(givenUp).toEqual([]);
});

test("any five seconds count, wherever they begin", () => {
  const { givenUp, connect, refuse } = world();
  const ann = connect();
  refuse(ann, 10, 300);
  refuse(connect(), 1, 3000);
  refuse(ann, 12, 10);
  expect(givenUp).toEqual([]);
  refuse(ann, 1, 10); // seven of the first ten are less than five seconds old

  expect(givenUp).toEqual([ann]);
});
