import mongoose, { type Connection, Schema } from "mongoose";
import { z } from "zod";
import { allOf, user } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { AppError } from "../../src/contract/errors.js";
import { event } from "../../src/contract/event.js";
import { type Engine, type Feature, feature } from "../../src/contract/feature.js";
import { gather } from "../../src/contract/gather.js";
import { type Method, route } from "../../src/contract/route.js";
import { createRules } from "../../src/engine/trust/rules.js";

const nothing = z.strictObject({});

const get = (path: string, method: Method = "GET") =>
  route(
    method,
    path,
    {
      summary: "A route.",
      access: user,
      reply: nothing,
      ...(path.includes(":id") ? { params: z.object({ id: z.string() }) } : {}),
    },
    () => ({}),
  );
const sent = (name: string) =>
  event(name, { summary: "An event.", access: user, payload: nothing }, () => {});
const received = (name: string) => emitted(name, { summary: "An event.", payload: nothing });
const model = (name: string, collection: string) => (connection: Connection) =>
  connection.model(name, new Schema({}, { collection }));

/** What keeps a worker with these features from its start; undefined when nothing does. */
async function problemsOf(...features: Feature[]): Promise<string | undefined> {
  const { check } = gather(features, {} as Engine, mongoose.createConnection());
  return check.start().then(
    () => undefined,
    (error: unknown) => {
      expect(error).toMatchObject({ name: "StartError", temporary: false });
      return (error as Error).message;
    },
  );
}

test("features that differ in all that they declare go together", async () => {
  const a = feature("a", {
    models: { one: model("One", "ones") },
    create: () => ({
      routes: [get("/a"), get("/a", "POST"), get("/a/:id")],
      events: [sent("a:add")],
      // Clients may send and receive events of one name.
      emits: [received("a:add")],
    }),
  });
  const b = feature("b", {
    models: { two: model("Two", "twos") },
    create: () => ({ routes: [get("/b")], events: [sent("b:add")], emits: [received("b:added")] }),
  });

  expect(await problemsOf(a, b)).toBeUndefined();
});

test.each<[string, Parameters<typeof feature>[1], Parameters<typeof feature>[1]]>([
  [
    'the route "GET /a"',
    { create: () => ({ routes: [get("/a")] }) },
    { create: () => ({ routes: [get("/a")] }) },
  ],
  [
    'the event "add"',
    { create: () => ({ events: [sent("add")] }) },
    { create: () => ({ events: [sent("add")] }) },
  ],
  [
    'the emitted event "added"',
    { create: () => ({ emits: [received("added")] }) },
    { create: () => ({ emits: [received("added")] }) },
  ],
])("%s that two features declare keeps them from the start, with both names", async (what, one, two) => {
  const problems = await problemsOf(feature("first", one), feature("second", two));

  expect(problems).toBe(`The features cannot be served: ${what} is declared 2 times, by first and second`);
});

test("paths that differ only in the names of their parts are one route", async () => {
  const other = route(
    "GET",
    "/a/:name",
    { summary: "A route.", access: user, params: z.object({ name: z.string() }), reply: nothing },
    () => ({}),
  );
  const both = feature("a", { create: () => ({ routes: [get("/a/:id"), other] }) });

  expect(await problemsOf(both)).toContain('the route "GET /a/:name" is declared 2 times, by a');
});

test("models of one name, or of one collection, keep the features from the start", async () => {
  const a = feature("a", { models: { one: model("One", "ones") }, create: () => ({}) });
  const sameName = feature("b", { models: { one: model("One", "others") }, create: () => ({}) });
  const sameCollection = feature("c", { models: { one: model("Other", "ones") }, create: () => ({}) });

  expect(await problemsOf(a, sameName)).toMatch(/the feature "b" cannot be made: .*One/);
  expect(await problemsOf(a, sameCollection)).toContain(
    'the models One and Other have the same collection, "ones"',
  );
});

test("all problems are told at once", async () => {
  const wrong = feature("wrong", {
    create: () => ({
      routes: [
        get("notes"),
        route("GET", "/notes/:id", { summary: "A route.", access: user, reply: nothing }, () => ({})),
        route(
          "GET",
          "/lists/:id",
          { summary: "A route.", access: user, params: z.object({ name: z.string() }), reply: nothing },
          () => ({}),
        ),
      ],
      events: [sent("disconnect"), sent("two words")],
    }),
  });
  const failing = feature("failing", {
    create: () => {
      throw new Error("it is Monday");
    },
  });

  expect(await problemsOf(wrong, failing, failing)).toBe(
    `The features cannot be served: ${[
      'the feature "failing" cannot be made: it is Monday',
      'the feature "failing" cannot be made: it is Monday',
      'the feature "failing" is declared 2 times, by failing',
      "the path of GET notes is not of the form /notes/:id",
      "GET /notes/:id has no `params` for id",
      "the `params` of GET /lists/:id are name, not those of its path",
      'the event "disconnect" is one of Socket.IO\'s own',
      'the name of the event "two words" is not 1 to 64 letters, digits or any of _ : . -',
    ].join("; ")}`,
  );
});

test("what the types ask for and is missing all the same is told by its name, and served to nobody", async () => {
  const summary = "Its types were taken off.";
  const unchecked = (spec: object) => ({ summary, ...spec }) as never;
  const wrong = feature("wrong", {
    create: () => ({
      routes: [
        route("GET", "/a", unchecked({ reply: nothing }), () => ({})),
        route("GET", "/b", unchecked({ access: "user" }), () => ({})),
      ],
      events: [event("c", unchecked({ payload: nothing, ack: "none" }), () => ({}))],
      emits: [emitted("d", unchecked({}))],
    }),
  });

  expect(await problemsOf(wrong)).toBe(
    `The features cannot be served: ${[
      "GET /a has no valid `access`",
      "GET /b has no valid `access`",
      "GET /b has no valid `reply`",
      'the event "c" has no valid `access`',
      'the event "c" has no valid `ack`',
      'the event "d" has no valid `payload`',
    ].join("; ")}`,
  );
  expect(gather([wrong], {} as Engine, mongoose.createConnection())).toMatchObject({
    ...{ features: [], routes: [], events: [], emits: [] },
  });
});

test("the rules of all features are asked, in their order, until one refuses", async () => {
  const asked: string[] = [];
  const ruling = (name: string, refuses: boolean) =>
    feature(name, {
      create: () => ({
        rule: async (user, { operation, room }) => {
          asked.push(`${name}: ${user} ${operation} ${room}`);
          if (refuses) throw new AppError("forbidden");
        },
      }),
    });
  const features = [
    ruling("a", false),
    feature("b", { create: () => ({}) }),
    ruling("c", true),
    ruling("d", false),
  ];

  const rule = createRules(gather(features, {} as Engine, mongoose.createConnection()).rules).rule;

  await expect(rule("ann", { operation: "publish", room: "r" })).rejects.toMatchObject({ code: "forbidden" });
  expect(asked).toEqual(["a: ann publish r", "c: ann publish r"]);
});

test.each([
  ["forbidden", "forbidden"],
  ["temporary", "temporary"],
  ["conflict", "internal"],
  ["not_found", "internal"],
] as const)("a rule that refuses with %s gives %s, as it is documented", async (code, told) => {
  const rule = allOf([
    () => {
      throw new AppError(code, "why");
    },
  ]);

  const refusal: unknown = await Promise.resolve(rule("ann", { operation: "publish", room: "r" })).catch(
    (error: unknown) => error,
  );

  expect(refusal).toMatchObject({ code: told });
  if (told !== "internal") expect(refusal).toMatchObject({ message: "why" });
  else expect(refusal).toMatchObject({ cause: { message: expect.stringContaining(`with "${code}"`) } });
});
