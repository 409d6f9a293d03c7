import type { Command } from 'commander'
import type { Event } from '../../schemas/event.ts'
import { lostNote, resumed } from './client/resume.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Paint, painter, type Tone, visible } from './format/paint.ts'
import { timeArgument } from './logs.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { whenSignalled } from './terminal/signals.ts'

export interface EventsOptions {
  follow?: boolean
  since?: string
  output: Output
}

/** Adds `setpoint events` to the command line. */
export function registerEvents(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('events')
    .summary('what has happened: hosts, sources, stacks, tasks, drift')
    .description('Shows what the controller has seen happen since it started, the latest 2,000 of it.')
    .argument('[stack]', 'only of this stack')
    .option('-f, --follow', 'go on with what happens, also with the next controller')
    .option('--since <time>', 'only after that: 10m, or an ISO time', timeArgument(context))
  outputOption(command)
    .addHelpText(
      'after',
      `
With --output json one JSON object a line.

Examples:
  setpoint events shop -f
  setpoint events --since 1h --output json | jq 'select(.type == "drift")'`,
    )
    .action(async (stack: string | undefined, options: EventsOptions) =>
      finish(await events(context, stack, options)),
    )
}

/** Prints events; with `follow` until it is told to end. */
export async function events(
  context: Context,
  stack: string | undefined,
  { follow = false, since, output }: EventsOptions,
): Promise<number> {
  const stop = whenSignalled()
  const query = { follow, ...(stack !== undefined && { stack }), ...(since !== undefined && { since }) }
  const paint = painter(context.colour)
  try {
    for await (const event of followEvents(context, query, stop.signal)) {
      context.out(output === 'json' ? JSON.stringify(event) : eventLine(event, paint))
    }
    return EXIT.yes
  } catch (error) {
    if (stop.signal.aborted) return EXIT.yes
    throw error
  } finally {
    stop.release()
  }
}

/** The events; with `follow` also those of the next controller, which knows only what has happened since its own start. */
function followEvents(
  { client, err }: Context,
  query: EventsQuery,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  if (!query.follow) return client().events(query, signal)
  let since = query.since
  /** Those of the moment that is asked for again. */
  let latest = new Set<string>()

  async function* open(begun: () => void, again: boolean): AsyncGenerator<Event> {
    const told = again ? latest : new Set<string>()
    const asked = { ...query, ...(since !== undefined && { since }) }
    for await (const event of client().events(asked, signal, begun)) {
      const text = JSON.stringify(event)
      if (event.at === since && told.has(text)) continue
      if (event.at !== since) latest = new Set()
      since = event.at
      latest.add(text)
      yield event
    }
  }

  return resumed({ open, lost: (error) => err(lostNote(error)), signal })
}

interface EventsQuery {
  follow: boolean
  stack?: string
  since?: string
}

const BAD = /Failed|Rejected|Unhealthy|Lost|Refused|RolledBack|Stalled|Drifted|Problems/

/** `12:00:01  task  TaskRunning  shop/web.1 is running` */
function eventLine({ at, type, reason, message, host }: Event, paint: Paint): string {
  const tone: Tone = BAD.test(reason) ? 'bad' : 'dim'
  const where = type === 'task' && host !== undefined ? ` (${host})` : ''
  return `${at.slice(0, 19)}Z  ${type.padEnd(6)}  ${paint(reason.padEnd(16), tone)}  ${visible(message)}${where}`
}
