/**
 * Tests of which each runs at the same time as the others: for those that mostly wait for a timer of what they test, and
 * of which none touches what another one uses. What they start ends with the file.
 */
export function testsAtOnce(stories: Readonly<Record<string, () => Promise<void>>>): void {
  const names = Object.keys(stories);
  let ends: readonly PromiseSettledResult<void>[] = [];

  // Not in the tests: one that ends would end what the others have started meanwhile.
  beforeAll(async () => {
    ends = await Promise.allSettled(Object.values(stories).map((story) => story()));
  });

  test.each(names)("%s", (name) => {
    const end = ends[names.indexOf(name)];
    if (end?.status === "rejected") throw end.reason;
    expect(end?.status).toBe("fulfilled");
  });
}
