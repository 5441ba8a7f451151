import {
  CLEAN,
  createRoomCheck,
  type Findings,
  type Numbered,
  sumFindings,
} from "../../tools/loadtest/generator/room-check.js";

/** Messages 1 to 5 with the keys 101 to 105, as they were acknowledged. */
const LOG: readonly Numbered[] = [1, 2, 3, 4, 5].map((seq) => ({ seq, key: 100 + seq }));

/** What is found when two readers get these packets and all of LOG was acknowledged; the second reader gets LOG. */
function findings(packets: readonly (readonly Numbered[])[], acked = LOG): Findings {
  const check = createRoomCheck("r");
  const [ann, bob] = [check.createReader("ann"), check.createReader("bob")];
  for (const packet of packets) {
    check.learn(packet);
    for (const { seq } of packet) ann.show(seq);
  }
  check.learn(LOG);
  for (const { seq } of LOG) bob.show(seq);
  return check.findings(Float64Array.from(acked.flatMap(({ seq, key }) => [seq, key])));
}

const at = (...seqs: number[]) => seqs.map((seq) => ({ seq, key: 100 + seq }));

describe("the check of a durable room", () => {
  test("finds nothing in a whole log, in one packet or several", () => {
    expect(findings([LOG])).toEqual(CLEAN);
    expect(findings([at(1, 2), at(3), at(4, 5)])).toEqual(CLEAN);
  });

  test("minds neither unused numbers nor messages that were not acknowledged", () => {
    expect(findings([[...LOG, { seq: 9, key: 7 }]])).toEqual(CLEAN);
  });

  test("finds the message that one reader never got", () => {
    expect(findings([at(1, 2, 4, 5)])).toEqual({
      ...CLEAN,
      lost: 1,
      examples: ["r: ann never got number 3"],
    });
  });

  test("finds the end that nobody got", () => {
    expect(findings([LOG], [...LOG, { seq: 6, key: 106 }])).toMatchObject({ lost: 2, misplaced: 0 });
  });

  test("finds the message that came twice", () => {
    expect(findings([at(1, 2, 2, 3, 4, 5)])).toEqual({
      ...CLEAN,
      duplicated: 1,
      examples: ["r: ann got number 2 twice"],
    });
  });

  test("finds the message that stands under two numbers", () => {
    expect(findings([[...LOG, { seq: 6, key: 102 }]])).toMatchObject({ duplicated: 2, lost: 0 });
  });

  test("finds two messages in the wrong order", () => {
    expect(findings([at(1, 3, 2, 4, 5)])).toEqual({
      ...CLEAN,
      disordered: 1,
      examples: ["r: ann got number 2 after 3"],
    });
  });

  test("finds two messages that have changed their numbers", () => {
    const swapped = LOG.map(({ seq, key }) => ({ seq, key: seq === 2 ? 103 : seq === 3 ? 102 : key }));

    expect(findings([LOG], swapped)).toMatchObject({ misplaced: 2, lost: 0, duplicated: 0 });
  });

  test("finds two messages at one number", () => {
    expect(findings([[...LOG, { seq: 5, key: 999 }]]).misplaced).toBeGreaterThan(0);
  });

  test("asked again, counts what is still missing and not what has come", () => {
    const check = createRoomCheck("r");
    const reader = check.createReader("ann");
    const acked = Float64Array.from([1, 101]);

    expect(check.findings(acked).lost).toBe(1);
    check.learn(at(1));
    reader.show(1);

    expect(check.findings(acked)).toEqual(CLEAN);
  });

  test("sums up what several found, with few examples", () => {
    const one = { ...CLEAN, lost: 2, disordered: 1, examples: ["a", "b", "c"] };

    expect(sumFindings([one, one, CLEAN])).toEqual({
      ...CLEAN,
      lost: 4,
      disordered: 2,
      examples: ["a", "b", "c", "a", "b"],
    });
  });
});
