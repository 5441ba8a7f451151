import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, isServed } from "../../tools/shared/ports.js";
import { spawnProgram } from "./child.js";
import { tempDir } from "./temp-dir.js";
import { eventually } from "./wait.js";

/** A request as nginx has seen it. */
export interface ProxiedRequest {
  readonly method: string;
  readonly status: number;
  /** Empty for a handshake. */
  readonly sid: string;
  readonly upstream: string;
}

export interface RoundRobin {
  readonly url: string;
  /** All that were answered so far; a WebSocket counts at its end. */
  requests(): ProxiedRequest[];
}

/** What a wrong configuration does. */
export interface RoundRobinFaults {
  /** False: `Upgrade` is not passed on. Default true. */
  readonly upgrades?: boolean;
  /** What it passes on as `Host`, in nginx's words; default: what it was asked for. */
  readonly host?: string;
  /** Largest body, in nginx's words; default 1m. */
  readonly bodyLimit?: string;
  /** How it treats what it passes on, in nginx's words; default: it sends on at once what comes. */
  readonly location?: string;
  /** More of its configuration, in nginx's words. */
  readonly http?: string;
}

/**
 * A real nginx that gives each request to the next instance, whatever it asks for, over connections that it keeps, and
 * asks nobody a second time. Ends by itself.
 */
export async function startRoundRobin(
  instances: readonly string[],
  faults: RoundRobinFaults = {},
): Promise<RoundRobin> {
  const dir = await tempDir("round-robin");
  const port = await freePort();
  const log = join(dir, "access.log");
  writeFileSync(join(dir, "nginx.conf"), configuration(dir, log, port, instances, faults));
  const globals = process.getuid?.() === 0 ? "daemon off; user root;" : "daemon off;";
  const args = ["-e", "stderr", "-p", dir, "-c", join(dir, "nginx.conf"), "-g", globals];
  const child = await spawnProgram("nginx", { args });
  await eventually(async () => expect(await Promise.race([isServed(port), child.exited])).toBe(true));
  return {
    url: `http://127.0.0.1:${port}`,
    requests() {
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      return lines.map((line) => {
        const [method = "", status, upstream = "", sid = ""] = line.split(" ");
        return { method, status: Number(status), sid: sid === "-" ? "" : sid, upstream };
      });
    },
  };
}

function configuration(
  dir: string,
  log: string,
  port: number,
  instances: readonly string[],
  faults: RoundRobinFaults,
): string {
  const { upgrades = true, host = "$http_host", bodyLimit = "1m" } = faults;
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    worker_processes 1;
    pid ${dir}/nginx.pid;
    events { worker_connections 4096; }
    http {
      ${bodies.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n")}
      log_format brief '$request_method $status $upstream_addr $arg_sid';
      access_log ${log} brief;
      map $http_upgrade $connection_upgrade { default ${upgrades ? "upgrade" : "''"}; '' ''; }
      client_max_body_size ${bodyLimit};
      ${faults.http ?? ""}
      upstream shoal {
        ${instances.map((url) => `server ${new URL(url).host};`).join("\n")}
        keepalive 32;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://shoal;
          proxy_http_version 1.1;
          proxy_set_header Host ${host};
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header Upgrade ${upgrades ? "$http_upgrade" : "''"};
          proxy_set_header Connection $connection_upgrade;
          ${faults.location ?? "proxy_buffering off;"}
          proxy_next_upstream off;
        }
      }
    }`;
}
