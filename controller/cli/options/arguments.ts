import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../../schemas/duration.ts'
import type { Context } from '../context.ts'

/** What a command needs to be registered: the world, and where its exit code goes. */
export interface Cli {
  context: Context
  finish(code: number): void
}

export type Output = 'table' | 'json'

/** Adds `--output table|json`. */
export function outputOption(command: Command): Command {
  return command.addOption(
    new Option('--output <format>', 'table for people, json as the API gives it')
      .choices(['table', 'json'])
      .default('table'),
  )
}

/** `--source`, which may be given several times. */
export function sourceOption(): Option {
  return new Option('--source <source>', 'PATH|URL[#BRANCH[:DIR]]; may be repeated')
    .argParser(collect)
    .default([], 'none')
}

/** An option for the pause between two looks at something; `shown` is how people write its default. */
export function pauseOption(flags: string, description: string, [ms, shown]: [number, string]): Option {
  return new Option(flags, description).argParser(pauseArgument).default(ms, shown)
}

/** Milliseconds. With less nothing else would be done. */
const SHORTEST_PAUSE = 1_000

function pauseArgument(text: string): number {
  const ms = durationArgument(text)
  if (ms < SHORTEST_PAUSE) throw new InvalidArgumentError('Give 1s or more, as in 30s.')
  return ms
}

/** Milliseconds of a duration argument. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('Give a duration such as 30s, 5m or 1h30m.')
  return Math.round(ms)
}

/** A whole number from 0 to `max`. */
export function countArgument(max: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) > max) {
      throw new InvalidArgumentError(`Give a whole number from 0 to ${max}.`)
    }
    return Number(text)
  }
}

/** For an option that may be repeated. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}
