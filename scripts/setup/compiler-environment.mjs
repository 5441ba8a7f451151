import { totalmem } from "node:os";

const MIB = 1024 * 1024;
/** Memory of the machine, or of the container, from which on the compiler need not be careful, in MiB. */
const PLENTY_MIB = 4096;
/** Up to so much it collects no garbage, in MiB; half of the memory where that is less. */
const MOST_MIB = 2048;

/**
 * Variables for the TypeScript compiler. It is a Go program that ends within seconds, and collecting garbage is a third of its processor time: where there is
 * memory for that, it leaves it be. They are those of Go's runtime (https://pkg.go.dev/runtime); what the user has set wins.
 */
export function compilerEnvironment() {
  const memoryMib = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / MIB;
  if (memoryMib < PLENTY_MIB) return {};
  const limitMib = Math.floor(Math.min(MOST_MIB, memoryMib / 2));
  const { GOGC = "off", GOMEMLIMIT = `${limitMib}MiB` } = process.env;
  return { GOGC, GOMEMLIMIT };
}
