/** One use of a metric in an expression. */
export interface MetricUse {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

/** One condition of a selector, such as `result=~"full|rate"`. */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** Labels by which something is grouped or joined, and the metrics among which they have to be. */
export interface Grouping {
  readonly labels: readonly string[];
  readonly metrics: readonly string[];
}

/** What an expression of PromQL asks for. */
export interface Query {
  readonly metrics: readonly MetricUse[];
  readonly groupings: readonly Grouping[];
  /** The labels that the result is sure to have; undefined when those of the metrics are kept. */
  readonly resultLabels: readonly string[] | undefined;
}

const AGGREGATIONS = ["sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile"];
const FUNCTIONS = ["rate", "increase", "changes", "absent", "vector", "histogram_quantile"];
const JOINS = ["on", "group_left", "group_right"];
const WORDS = ["and", "or", "unless", "bool", "offset"];
const TOKEN =
  /\s+|("(?:[^"\\]|\\.)*")|(\[[^\]]*\])|(\d+(?:\.\d+)?(?:e[+-]?\d+|ms|[smhdwy])?(?![\w.]))|([a-zA-Z_:][\w:]*)|(=~|!~|!=|==|>=|<=|[=<>+\-*/%^(){},])/y;

/**
 * Reads as much of PromQL as dashboards and alerts of this project use.
 * @throws on characters, functions and clauses that it does not know, and on brackets that do not match.
 */
export function readQuery(expression: string): Query {
  const tokens = tokensOf(expression);
  const groupings: Grouping[] = [];
  let at = 0;
  let outermost: readonly string[] | undefined;

  function take(wanted: string): void {
    if (tokens[at] !== wanted) throw new Error(`"${wanted}" and not "${tokens[at]}" in: ${expression}`);
    at += 1;
  }

  /** Up to the bracket that closes what is open here, or the end. */
  function readUntil(end: string | undefined, depth: number): MetricUse[] {
    const found: MetricUse[] = [];
    while (tokens[at] !== end) {
      const token = tokens[at];
      if (token === undefined || token === ")" || token === "}")
        throw new Error(`brackets of: ${expression}`);
      at += 1;
      if (token === "(") found.push(...readRest(depth));
      else if (/^[a-zA-Z_:]/.test(token)) found.push(...readWord(token, depth));
    }
    return found;
  }

  function readRest(depth: number): MetricUse[] {
    const inner = readUntil(")", depth);
    take(")");
    return inner;
  }

  function readWord(word: string, depth: number): MetricUse[] {
    if (WORDS.includes(word)) return [];
    if (JOINS.includes(word)) {
      groupings.push({ labels: readLabels(), metrics: [] });
      return [];
    }
    if (AGGREGATIONS.includes(word)) return readAggregation(depth);
    if (tokens[at] === "(") {
      if (!FUNCTIONS.includes(word)) throw new Error(`unknown function ${word} in: ${expression}`);
      take("(");
      return readRest(depth);
    }
    return [{ name: word, matchers: tokens[at] === "{" ? readMatchers() : [] }];
  }

  function readAggregation(depth: number): MetricUse[] {
    const before = readBy();
    take("(");
    const inner = readRest(depth + 1);
    const labels = before ?? readBy() ?? [];
    groupings.push({ labels, metrics: inner.map(({ name }) => name) });
    if (depth === 0) outermost ??= labels;
    return inner;
  }

  function readBy(): readonly string[] | undefined {
    if (tokens[at] !== "by") return undefined;
    at += 1;
    return readLabels();
  }

  function readLabels(): string[] {
    take("(");
    const end = tokens.indexOf(")", at);
    const labels = tokens.slice(at, end).filter((token) => token !== ",");
    at = end;
    take(")");
    return labels;
  }

  function readMatchers(): Matcher[] {
    const matchers: Matcher[] = [];
    take("{");
    while (tokens[at] !== "}") {
      const [label = "", operator = "", value = ""] = tokens.slice(at, at + 3);
      if (!value.startsWith('"')) throw new Error(`a selector of: ${expression}`);
      matchers.push({ label, operator, value: value.slice(1, -1) });
      at += 3;
      if (tokens[at] === ",") at += 1;
    }
    take("}");
    return matchers;
  }

  const metrics = readUntil(undefined, 0);
  return { metrics, groupings, resultLabels: outermost };
}

/** Ranges such as `[5m]` and white space say nothing about names, and are left out. */
function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (match === null) throw new Error(`not understood: ${expression.slice(from)}`);
    const [token, , range] = match;
    if (range === undefined && token.trim() !== "") tokens.push(token);
  }
  return tokens;
}
