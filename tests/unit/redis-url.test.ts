import { parseRedisUrl } from "../../src/engine/config/redis-url.js";

const PLAIN = { host: "cache", port: undefined, tls: false, username: "", password: "", db: 0 };

test.each([
  ["redis://cache", PLAIN],
  ["redis://cache/", PLAIN],
  ["redis://cache:6380/3", { ...PLAIN, port: 6380, db: 3 }],
  ["rediss://cache", { ...PLAIN, tls: true }],
  ["redis://[::1]:6402", { ...PLAIN, host: "::1", port: 6402 }],
  ["redis://Größe.example", { ...PLAIN, host: "xn--gre-6ka8i.example" }],
  ["redis://redis_1.local", { ...PLAIN, host: "redis_1.local" }],
  ["redis://:p%40ss%2541@cache", { ...PLAIN, password: "p@ss%41" }],
  ["redis://app:pw@cache", { ...PLAIN, username: "app", password: "pw" }],
  ["redis://app@cache", { ...PLAIN, username: "app" }],
])("%s is read whole", (url, node) => {
  expect(parseRedisUrl(url)).toEqual(node);
});

test.each([
  "redis://u:hunter2@cache/x",
  "redis://u:hunter2%@cache",
  "redis://hunter2/%",
  "redis://u:hunter2#@c",
])("what is wrong with %s is said without repeating it", (url) => {
  expect(() => parseRedisUrl(url)).toThrow(TypeError);
  expect(() => parseRedisUrl(url)).not.toThrow(/hunter2/);
});
