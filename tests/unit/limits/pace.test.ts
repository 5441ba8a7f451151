import { Connection } from "../../../src/engine/realtime/connections/connection.js";
import { createPace } from "../../../src/engine/realtime/connections/pace.js";
import type { RawConnection } from "../../../src/engine/realtime/connections/raw-connection.js";

function world() {
  jest.useFakeTimers({ now: 0 });
  const pace = createPace({ perSecond: 10, burst: 5, sizePerPacket: 1000 }, () => Date.now());
  const connect = () => new Connection({ readyState: "open" } as RawConnection, undefined);
  const send = (connection: Connection, packets: number, size = 0) => {
    for (let n = 0; n < packets; n += 1) pace.took(connection, size);
  };
  /** Whether packets of the client are read now. */
  const isRead = (connection: Connection) => {
    const read = jest.fn();
    connection.whenRead(read);
    return read.mock.calls.length > 0;
  };
  return { connect, send, isRead };
}

afterEach(() => jest.useRealTimers());

test("a burst is read at once, and so is what keeps to the pace after it", () => {
  const { connect, send, isRead } = world();
  const ann = connect();
  send(ann, 5);
  expect(isRead(ann)).toBe(true);
  for (let n = 0; n < 100; n += 1) {
    jest.advanceTimersByTime(100);
    send(ann, 1);
    expect(isRead(ann)).toBe(true);
  }
});

test("a client that has sent more is read again when the time of that has come, and others meanwhile", () => {
  const { connect, send, isRead } = world();
  const [ann, ben] = [connect(), connect()];
  send(ann, 45); // 40 too many are four seconds
  send(ben, 1);
  const read = jest.fn();
  ann.whenRead(read);
  jest.advanceTimersByTime(3900);
  expect(isRead(ben)).toBe(true);
  expect(read).not.toHaveBeenCalled();

  jest.advanceTimersByTime(200);
  expect(read).toHaveBeenCalledTimes(1);
});

test("a large packet counts as several", () => {
  const { connect, send, isRead } = world();
  const ann = connect();
  send(ann, 1, 4000);
  expect(isRead(ann)).toBe(true);
  jest.advanceTimersByTime(100);

  send(ann, 1, 1000);

  expect(isRead(ann)).toBe(false);
  jest.advanceTimersByTime(100);
  expect(isRead(ann)).toBe(true);
});

test("a connection that has ended is not waited for", () => {
  const { connect, send } = world();
  const ann = connect();
  send(ann, 1000);
  Object.assign(ann.raw, { readyState: "closed" });
  jest.advanceTimersByTime(1000);

  expect(ann.isPaced).toBe(false);
  expect(jest.getTimerCount()).toBe(0);
});
