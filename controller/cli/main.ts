#!/usr/bin/env node
import { processContext } from './context.ts'
import { run } from './program.ts'

// What a command that has failed may have left open must not keep it alive.
process.exit(await run(process.argv.slice(2), processContext()))
