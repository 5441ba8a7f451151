import { type RequestOptions, request } from "node:http";
import { afterMachineTime } from "../../support/machine-time.js";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends one request by Node's client. @throws when no whole answer comes within `withinMs` of the machine's time. */
export function exchange(
  options: RequestOptions,
  body: string | undefined,
  withinMs: number,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request(options);
    const forget = afterMachineTime(withinMs, () =>
      outgoing.destroy(new Error(`no answer within ${withinMs} ms`)),
    );
    const fail = (error: Error): void => {
      forget();
      reject(error);
    };
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", fail);
      incoming.on("end", () => {
        forget();
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(body);
  });
}
