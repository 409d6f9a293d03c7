import type { Argv } from '../runtime/exec.ts'

/** The command line run through another, such as `nsenter --net=…`; an empty prefix leaves it as it is. */
export function within(prefix: string[], argv: Argv): Argv {
  const [command, ...args] = [...prefix, ...argv]
  return [command ?? argv[0], ...args]
}
