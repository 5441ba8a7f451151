import type { Command } from "../command.js";
import { JSON_OPTION } from "../options.js";

export const DOCTOR: Command = {
  name: "doctor",
  summary:
    "Looks at the configuration, at what Shoal stands on and at the way to it, and says what is wrong.",
  operands: [],
  options: {
    url: {
      type: "string",
      value: "URL",
      desc: "the public address, such as https://chat.example.com: looks through the proxies in front, too; default SHOAL_URL",
    },
    idle: {
      type: "string",
      value: "SECONDS",
      desc: "with --url: how long a WebSocket is held open to find proxies that cut idle ones, 0 to 3600; default 3",
    },
    timeout: {
      type: "string",
      value: "SECONDS",
      desc: "longest time for a check, besides --idle, 1 to 300; default 10",
    },
    ...JSON_OPTION,
  },
  notes: [
    "It reads the same variables as the server: run it where the server runs, with the server's environment. It changes nothing: it writes nothing but a deletion of nothing to MongoDB, and a message on a channel of Redis to which nobody listens. Where PEER_URL is set it asks all instances as this one would; one with another secret notes that in its log.",
    "Each line has a check, what was seen, what to do and where it is explained. All checks run at the same time; next to instances, that of peers takes four seconds.",
  ],
  examples: [
    { line: "shoal doctor", desc: "before a start, or next to an instance" },
    { line: "shoal doctor --url https://chat.example.com --idle 80", desc: "with the proxies in front" },
    {
      line: "docker compose exec app1 node dist/cli/main.js doctor --json",
      desc: "in the production image, for a program",
    },
  ],
  exits: { 0: "all is well", 1: "there are warnings", 2: "something fails, or the arguments cannot be used" },
  load: async () => (await import("./doctor.js")).runDoctor,
};
