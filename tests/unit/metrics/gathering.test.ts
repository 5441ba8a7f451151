import { type ChildProcess, fork } from "node:child_process";
import { createGathering, type Gathering } from "../../../src/engine/cluster/gathering.js";
import { onTestEnd } from "../../support/cleanup.js";
import { startStopwatch } from "../../support/machine-time.js";
import { fixture } from "../../support/program-path.js";
import { deferred, eventually, once, within } from "../../support/wait.js";

type Behaviour = "answers" | "silent" | "dies" | "wrong" | "boots";

const DEADLINE_MS = 300;
/** Far above the deadline and far below a test's time. */
const LONG_MS = 5000;

/** A real process with a channel, known to the gathering, that has said its first word. */
async function peer(
  gathering: Gathering,
  behaviour: Behaviour,
  slot: number,
): Promise<{ child: ChildProcess; heard: { asked: number; request: number }[] }> {
  const child = fork(fixture("metrics-peer.cjs"), [behaviour, String(slot)], { serialization: "advanced" });
  const ended = deferred();
  child.once("exit", () => ended.resolve());
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await ended.promise;
  });
  const heard: { asked: number; request: number }[] = [];
  child.on("message", (message: { type: string; asked: number; request: number }) => {
    if (message.type === "heard") heard.push({ asked: message.asked, request: message.request });
  });
  gathering.add(child);
  await once(child, "message");
  return { child, heard };
}

const slots = ({ workers }: { workers: ReadonlyMap<number, unknown> }) => [...workers.keys()].sort();

test("it gathers from all workers that answer", async () => {
  const gathering = createGathering(LONG_MS);
  await peer(gathering, "answers", 1);
  await peer(gathering, "answers", 2);

  const { workers, leaving } = await gathering.collect();

  expect([...workers.values()].map(([family]) => family?.samples)).toEqual([
    ['asked{worker="1"} 1'],
    ['asked{worker="2"} 1'],
  ]);
  expect(leaving.size).toBe(0);
});

test("one that hangs is left out after the deadline, and the others are there", async () => {
  const gathering = createGathering(DEADLINE_MS);
  await peer(gathering, "silent", 1);
  await peer(gathering, "answers", 2);
  const passedMs = startStopwatch();

  expect(slots(await gathering.collect())).toEqual([2]);
  expect(passedMs()).toBeLessThan(DEADLINE_MS + 500);
});

test("one that dies of the question does not hold it up", async () => {
  const gathering = createGathering(LONG_MS);
  await peer(gathering, "dies", 1);
  await peer(gathering, "answers", 2);

  const gathered = await within(gathering.collect(), LONG_MS / 2, "the gathering");

  expect(slots(gathered)).toEqual([2]);
});

test("one that has died is not asked any more", async () => {
  const gathering = createGathering(LONG_MS);
  const { child } = await peer(gathering, "answers", 1);
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;

  expect(slots(await gathering.collect())).toEqual([]);
});

test("one that boots is not asked, as it could not hear the question", async () => {
  const gathering = createGathering(LONG_MS);
  const { heard } = await peer(gathering, "boots", 1);
  await peer(gathering, "answers", 2);

  expect(slots(await within(gathering.collect(), LONG_MS / 2, "the gathering"))).toEqual([2]);
  expect(heard).toEqual([]);
});

test("an answer to another question does not count", async () => {
  const gathering = createGathering(DEADLINE_MS);
  await peer(gathering, "wrong", 1);

  expect(slots(await gathering.collect())).toEqual([]);
});

test("one that hangs has no more than one question waiting, and its late answer is told in no gathering", async () => {
  const gathering = createGathering(DEADLINE_MS);
  const { child, heard } = await peer(gathering, "silent", 1);
  for (let round = 0; round < 3; round += 1) expect(slots(await gathering.collect())).toEqual([]);
  await eventually(() => expect(heard).toEqual([{ asked: 1, request: 1 }]));

  const answered = once(child, "message");
  child.send({ type: "late", request: 1 });
  await answered;

  expect(slots(await gathering.collect())).toEqual([]);
  expect(heard).toEqual([
    { asked: 1, request: 1 },
    { asked: 2, request: 2 },
  ]);
});

test("one that comes back is asked anew, and only the answer to that question counts", async () => {
  const gathering = createGathering(DEADLINE_MS);
  const { child, heard } = await peer(gathering, "silent", 1);
  expect(slots(await gathering.collect())).toEqual([]);
  await eventually(() => expect(heard).toHaveLength(1));

  child.send({ type: "late", request: 1, next: "answers" });
  const { workers } = await gathering.collect();

  expect(workers.get(1)?.[0]?.samples).toEqual(['asked{worker="1"} 2']);
  expect(heard).toHaveLength(2);
});

test("of two workers in one slot the younger one has it, and the older one is leaving", async () => {
  const gathering = createGathering(LONG_MS);
  await peer(gathering, "answers", 1);
  await gathering.collect();
  await peer(gathering, "answers", 1);

  const { workers, leaving } = await gathering.collect();

  expect(workers.get(1)?.[0]?.samples).toEqual(['asked{worker="1"} 1']);
  expect(leaving.get(1)?.[0]?.samples).toEqual(['asked{worker="1"} 2']);
});
