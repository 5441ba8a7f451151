import { allOf, type CachedRule, type RightsScope, type Rule } from "../../contract/access.js";
import { AppError } from "../../contract/errors.js";
import type { Asked } from "../../contract/operations.js";

/** A rule that has not answered after this time has not decided, in milliseconds. */
export const RULE_ANSWER_MS = 10_000;

/** Answers kept of one rule and worker; the oldest give way. */
const MOST_ANSWERS = 10_000;

/** The rules of all features as one, and what is kept of their answers. */
export interface Rules {
  readonly rule: Rule;
  /** Another number after each `forget`. */
  revision(): number;
  /** Answers of this scope are asked for again from now on. */
  forget(scope: RightsScope): void;
}

export function createRules(declared: readonly (Rule | CachedRule)[]): Rules {
  const caches: Cache[] = [];
  let revision = 0;
  const rules = declared.map((rule) => {
    if (typeof rule === "function") return rule;
    const cache = createCache(rule);
    caches.push(cache);
    return cache.ask;
  });
  return {
    rule: allOf(rules),
    revision: () => revision,
    forget(scope) {
      revision += 1;
      for (const cache of caches) cache.forget(scope);
    },
  };
}

interface Cache {
  readonly ask: Rule;
  forget(scope: RightsScope): void;
}

interface Answer {
  readonly user: string;
  readonly room: string | undefined;
  readonly given: Promise<void>;
  /** Of the performance clock. */
  readonly untilMs: number;
}

/** Who asks while an answer is on its way waits for the same one. */
function createCache({ ask, cacheMs }: CachedRule): Cache {
  const answers = new Map<string, Answer>();

  async function fresh(user: string, asked: Asked, key: string): Promise<void> {
    const given = (async () => ask(user, asked))();
    const answer = { user, room: asked.room, given, untilMs: performance.now() + cacheMs };
    answers.delete(key);
    answers.set(key, answer);
    for (const oldest of answers.keys()) {
      if (answers.size <= MOST_ANSWERS) break;
      answers.delete(oldest);
    }
    try {
      await given;
    } catch (error) {
      const isAnswer = error instanceof AppError && error.code === "forbidden";
      if (!isAnswer && answers.get(key) === answer) answers.delete(key);
      throw error;
    }
  }

  return {
    ask(user, asked) {
      // None of the parts may contain "/".
      const key = `${asked.operation}/${asked.room ?? ""}/${user}`;
      const known = answers.get(key);
      return known !== undefined && performance.now() < known.untilMs ? known.given : fresh(user, asked, key);
    },
    forget({ room, user }) {
      for (const [key, answer] of answers) {
        if ((room === undefined || answer.room === room) && (user === undefined || answer.user === user))
          answers.delete(key);
      }
    },
  };
}
