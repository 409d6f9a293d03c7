import { SetpointError } from '../../schemas/error.ts'
import type { Context } from './context.ts'

/** The exit codes of docs/cli.md: 0 it is so · 1 it is not so · 2 it could not be found out. */
export const EXIT = { yes: 0, no: 1, error: 2 } as const

/** Tells of an error on stderr, with a stack trace only when it is a defect of Setpoint; gives the exit code. */
export function reportError(error: unknown, context: Pick<Context, 'err'>): number {
  if (error instanceof SetpointError) {
    context.err(`setpoint: ${error.message}`)
    if (error.hint) context.err(`  ${error.hint}`)
  } else {
    context.err(`setpoint: this is a defect of Setpoint: ${error instanceof Error ? error.stack : error}`)
  }
  return EXIT.error
}
