import { createServer, type RequestListener } from "node:http";
import { expectEarlyAnswer } from "../http/early-answer.js";
import { ignoreExpectations } from "../http/server-listeners.js";
import type { Component } from "../process/lifecycle.js";
import { StartError } from "../process/start-error.js";

/** Answers what the primary passes on from the private port: listens on a private socket from `start` to `stop`. */
export function createOperatorListener(path: string, operate: RequestListener): Component {
  const server = createServer((request, response) => {
    expectEarlyAnswer(request, response);
    operate(request, response);
  });
  ignoreExpectations(server);

  return {
    name: "operator listener",
    start: () =>
      new Promise((resolve, reject) => {
        server.once("error", ({ message }) => {
          const said = `TMPDIR cannot have the socket for operators: ${message}`;
          reject(new StartError(said, { temporary: true })); // it may be made again, or have space again
        });
        server.listen({ path, exclusive: true }, resolve); // else the primary would accept, and pass each connection on
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
