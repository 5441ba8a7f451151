/**
 * The same question, of which only the newest one counts: one that was overtaken by another resolves to undefined, also when it
 * failed. So a late answer never takes the place of a newer one.
 */
export function newest(ask) {
  let asked = 0;
  return async (...args) => {
    asked += 1;
    const mine = asked;
    try {
      const answer = await ask(...args);
      return mine === asked ? answer : undefined;
    } catch (error) {
      if (mine === asked) throw error;
      return undefined;
    }
  };
}
