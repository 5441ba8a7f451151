import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What differs between a stack on one machine and the containers for which nginx/ is written. */
export interface NginxPlace {
  /** The folder nginx/ of the project. */
  readonly source: string;
  /** Where nginx may write; it gets the files, too. */
  readonly directory: string;
  /** Address and port on which it listens. */
  readonly listen: string;
  /** `host:port` of every instance. */
  readonly instances: readonly string[];
}

/** Where the files and the log of a place are. */
export interface NginxFiles {
  readonly config: string;
  readonly accessLog: string;
}

/**
 * Copies the configuration as shipped and changes what a place makes different, and nothing else:
 * - the servers of each group, one line for each instance, with the parameters that are there;
 * - the line `listen`;
 * - /tmp, where the process number and temporary files lie, and /dev/stdout, which cannot be opened where it is a socket.
 * @throws when a line to be changed is not there.
 */
export function writeNginxFiles({ source, directory, listen, instances }: NginxPlace): NginxFiles {
  cpSync(source, directory, { recursive: true });
  const accessLog = join(directory, "access.log");

  function change(name: string, pattern: RegExp, replacement: (...match: string[]) => string): void {
    const path = join(directory, name);
    const text = readFileSync(path, "utf8");
    if (text.search(pattern) === -1) throw new Error(`${name} has no ${pattern}`);
    writeFileSync(path, text.replace(pattern, replacement));
  }

  change("conf.d/upstreams.conf", /^( *server )\S+(.*;)\n(?: *server .*\n)*/gm, (_all, server, parameters) =>
    instances.map((address) => `${server}${address}${parameters}\n`).join(""),
  );
  change("conf.d/realtime.conf", /^( *listen )8080/m, (_all, word) => `${word}${listen}`);
  change("conf.d/realtime.conf", /\/dev\/stdout/, () => accessLog);
  change("nginx.conf", /(?<= )\/tmp(?=\/)/g, () => directory);
  return { config: join(directory, "nginx.conf"), accessLog };
}
