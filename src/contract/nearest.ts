/** Names up to this length are one mistake away from too many words to allow for two. */
const SHORT_NAME_LETTERS = 5;

/** The known name that was probably meant by one that is not: the one that is spelt most like it, one or two mistakes away. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const most = name.length > SHORT_NAME_LETTERS ? 2 : 1;
  const ranked = names
    .filter((known) => Math.abs(known.length - name.length) <= most)
    .map((known) => ({ known, mistakes: mistakesBetween(name, known) }))
    .sort((one, other) => one.mistakes - other.mistakes);
  return ranked.find(({ mistakes }) => mistakes <= most)?.known;
}

/** Letters that were left out, added, taken for another or exchanged with the next one (optimal string alignment). */
function mistakesBetween(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isExchanged =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isExchanged ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
