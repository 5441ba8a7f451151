import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { PROJECT } from "../support/readme.js";

const inProject = (...path: string[]) => join(PROJECT, ...path);
const WORKER = "service-worker.js";
/** What of the library is for servers, and what is imported by itself. */
const ELSEWHERE = /^server\/|^react\/|^stores\/(?!memory|store\.)/;

test("the service worker keeps what the page is made of, and nothing else", () => {
  const listed = readFileSync(inProject("public", WORKER), "utf8").match(/(?<=^ {2}")\/[^"]*(?=",$)/gm);
  const page = readdirSync(inProject("public")).filter((name) => name !== WORKER);
  const library = readdirSync(inProject("client"), { recursive: true, encoding: "utf8" })
    .map((name) => name.split(sep).join("/"))
    .filter((name) => name.endsWith(".ts") && !ELSEWHERE.test(name));

  const files = [
    ...page.map((name) => (name === "index.html" ? "/" : `/${name}`)),
    ...library.map((name) => `/client/${name.replace(/\.ts$/, ".js")}`),
    "/socket.io/socket.io.esm.min.js",
  ];
  expect(listed?.toSorted()).toEqual(files.toSorted());
});
