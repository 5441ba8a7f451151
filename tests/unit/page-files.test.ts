import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";

const inProject = (...path: string[]) => join(PROJECT, ...path);
const WORKER = "service-worker.js";

test("the service worker keeps what the page is made of, and nothing else", () => {
  const listed = readFileSync(inProject("public", WORKER), "utf8").match(/(?<=^ {2}")\/[^"]*(?=",$)/gm);
  const page = readdirSync(inProject("public")).filter((name) => name !== WORKER);
  const library = readdirSync(inProject("client")).filter((name) => name.endsWith(".ts"));

  const files = [
    ...page.map((name) => (name === "index.html" ? "/" : `/${name}`)),
    ...library.map((name) => `/client/${name.replace(/\.ts$/, ".js")}`),
    "/socket.io/socket.io.esm.min.js",
  ];
  expect(listed?.toSorted()).toEqual(files.toSorted());
});
