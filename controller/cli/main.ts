#!/usr/bin/env node
import { processContext } from './context.ts'
import { run } from './program.ts'

const code = await run(process.argv.slice(2), processContext())
await Promise.all([drained(process.stdout), drained(process.stderr)])
// What a command that has failed may have left open must not keep it alive.
process.exit(code)

/** A pipe takes in only so much at a time; what has not gone yet would be lost. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
