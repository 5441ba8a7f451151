/** Helpers of the tests register what ends their servers with jest, which is not here. Returns what ends them. */
export async function withoutJest() {
  const { expect } = await import("expect");
  const drains = [];
  const nothing = () => {};
  Object.assign(globalThis, {
    expect,
    beforeEach: nothing,
    afterEach: nothing,
    afterAll: (drain) => drains.push(drain),
  });
  return async () => {
    for (const drain of drains) await drain();
  };
}
