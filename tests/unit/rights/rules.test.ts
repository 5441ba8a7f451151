import { AppError, type ErrorCode } from "../../../src/contract/errors.js";
import type { Asked } from "../../../src/contract/operations.js";
import { createRules } from "../../../src/engine/trust/rules.js";
import { eventually } from "../../support/wait.js";

const READ: Asked = { operation: "subscribe", room: "r" };

/** A rule whose answers are kept for a minute, with those who asked it. */
function setUp(cacheMs = 60_000) {
  const asked: string[] = [];
  const refusing = new Map<string, ErrorCode>();
  const rules = createRules([
    {
      cacheMs,
      ask(user, { operation, room }) {
        asked.push(`${user} ${operation} ${room}`);
        const code = refusing.get(user);
        if (code !== undefined) throw new AppError(code);
      },
    },
  ]);
  return { rules, asked, refusing };
}

test("a rule is asked once while its answer holds, for each user and for what is asked", async () => {
  const { rules, asked, refusing } = setUp();
  refusing.set("bob", "forbidden");
  for (const _ of "12") {
    await rules.rule("ann", READ);
    await rules.rule("ann", { ...READ, room: "other" });
    await rules.rule("ann", { ...READ, operation: "page" });
    await expect(rules.rule("bob", READ)).rejects.toMatchObject({ code: "forbidden" });
  }

  expect(asked).toEqual(["ann subscribe r", "ann subscribe other", "ann page r", "bob subscribe r"]);
});

test("an answer holds no longer than it says", async () => {
  const { rules, asked } = setUp(1);
  await rules.rule("ann", READ);

  await eventually(async () => {
    await rules.rule("ann", READ);
    expect(asked.length).toBeGreaterThan(1);
  });
});

test("what is no answer is not kept", async () => {
  const { rules, asked, refusing } = setUp();
  refusing.set("ann", "temporary");

  await expect(rules.rule("ann", READ)).rejects.toMatchObject({ code: "temporary" });
  refusing.delete("ann");
  await rules.rule("ann", READ);

  expect(asked).toHaveLength(2);
});

test.each([
  [{ user: "ann" }, ["ann subscribe r", "ann subscribe s"]],
  [{ room: "r" }, ["ann subscribe r", "bob subscribe r"]],
  [{ room: "s", user: "ann" }, ["ann subscribe s"]],
  [{}, ["ann subscribe r", "ann subscribe s", "bob subscribe r", "bob subscribe s"]],
])("a recheck of %p forgets just what it is about", async (scope, expected) => {
  const { rules, asked } = setUp();
  const askAll = async () => {
    for (const user of ["ann", "bob"])
      for (const room of ["r", "s"]) await rules.rule(user, { ...READ, room });
  };
  await askAll();
  const before = rules.revision();
  asked.length = 0;

  rules.forget(scope);
  await askAll();

  expect(asked).toEqual(expected);
  expect(rules.revision()).not.toBe(before);
});

test("an answer that was under way when it was forgotten is not kept", async () => {
  let answer = (): void => {};
  let count = 0;
  const rules = createRules([
    {
      cacheMs: 60_000,
      ask: () => {
        count += 1;
        return count > 1 ? undefined : new Promise<void>((resolve) => (answer = resolve));
      },
    },
  ]);
  const first = rules.rule("ann", READ);

  rules.forget({ user: "ann" });
  answer();
  await first;
  await rules.rule("ann", READ);

  expect(count).toBe(2);
});

test("answers are bounded in number", async () => {
  const { rules, asked } = setUp();
  for (let user = 0; user <= 10_000; user += 1) await rules.rule(`user-${user}`, READ);
  asked.length = 0;

  await rules.rule("user-10000", READ);
  await rules.rule("user-1", READ);
  await rules.rule("user-0", READ);

  expect(asked).toEqual(["user-0 subscribe r"]);
});
