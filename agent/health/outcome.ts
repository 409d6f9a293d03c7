import { messageOf } from '../../schemas/error.ts'
import type { HealthTimes } from '../../schemas/healthcheck.ts'
import type { Probe } from '../../schemas/task.ts'
import { iso } from '../clock.ts'
import type { ExecResult } from '../runtime/runtime.ts'

/** Docker keeps this many bytes of a probe's output. */
const MAX_OUTPUT = 4096
/** Docker's exit code of a probe that never came to an end of its own. */
const NO_EXIT_CODE = -1

/** What is kept of a probe; `now` in milliseconds since 1970. */
export function asProbe(result: ExecResult, { timeout }: HealthTimes, now: number): Probe {
  const at = iso(now)
  const output = capped(result.output)
  if (!result.timedOut) return { exitCode: result.exitCode, output, at }
  const said = output === '' ? '' : `: ${output}`
  return {
    exitCode: NO_EXIT_CODE,
    output: capped(`Health check exceeded timeout (${timeout} ms)${said}`),
    at,
  }
}

/** A probe that could not be run at all counts as one that failed. */
export function failedProbe(error: unknown): ExecResult {
  const said = messageOf(error)
  return { exitCode: NO_EXIT_CODE, output: `The probe could not be run: ${said}`, timedOut: false }
}

export const HANGING: ExecResult = { exitCode: NO_EXIT_CODE, output: '', timedOut: true }

function capped(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_OUTPUT) return text
  return bytes
    .subarray(0, MAX_OUTPUT)
    .toString('utf8')
    .replace(/\uFFFD$/, '')
}
