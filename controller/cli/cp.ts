import { basename } from 'node:path'
import type { Command } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import type { CopyRequest } from '../../schemas/session/request.ts'
import type { Live } from './client/live.ts'
import type { Context } from './context.ts'
import { receiveFiles } from './copy/receive.ts'
import { sendFiles } from './copy/send.ts'
import { EXIT } from './exit.ts'
import type { Cli } from './options/arguments.ts'
import { whenSignalled } from './terminal/signals.ts'

export interface CpOptions {
  followLink?: boolean
}

/** Adds `setpoint cp` to the command line. */
export function registerCp(program: Command, { context, finish }: Cli): void {
  program
    .command('cp')
    .summary('copy files out of a task or into it')
    .description(
      "Copies a file or a folder between this machine and a running task, as the task's processes see it.",
    )
    .argument('<source>', 'TASK:PATH or a path here; FOLDER/. is what is in it')
    .argument('<target>', 'a path here or TASK:PATH; in it when it is a folder, else it is made')
    .option('-L, --follow-link', 'what a symbolic link leads to, when the source is one')
    .addHelpText(
      'after',
      `
TASK is STACK/SERVICE (its first running task), STACK/SERVICE.SLOT, or the id of a task. A path here that has a colon
is written ./NAME. What is copied into a task belongs to its root; what comes out, to you. Folders are merged,
files and links replaced.

Examples:
  setpoint cp shop/web:/var/log/app.log .
  setpoint cp ./site/. shop/web.2:/srv/www`,
    )
    .action(async (source: string, target: string, options: CpOptions) =>
      finish(await cp(context, { source, target, options })),
    )
}

interface CpCall {
  source: string
  target: string
  options: CpOptions
}

/** @throws SetpointError */
export async function cp(context: Context, { source, target, options }: CpCall): Promise<number> {
  if (source === '-' || target === '-') throw noStream()
  const [from, to] = [placeOf(source), placeOf(target)]
  if ((from.task === undefined) === (to.task === undefined)) throw noDirection(source, target)
  const report = (text: string) => context.err(`setpoint: ${text}`)
  if (from.task !== undefined) {
    const request = {
      ...copyOf(from.task, from.path),
      direction: 'out' as const,
      follow: options.followLink === true,
    }
    const live = await context.client().live(from.task, request)
    const name = isContent(from.path) ? undefined : basename(from.path) || undefined
    await untilSignalled(live, () => receiveFiles(live, { target, name, report }))
  } else {
    const task = to.task ?? ''
    const name = isContent(source) ? {} : { name: basename(source) }
    const request = { ...copyOf(task, to.path), direction: 'in' as const, ...name }
    await sendFiles(() => context.client().live(task, request), {
      source,
      follow: options.followLink === true,
      report,
    })
  }
  return EXIT.yes
}

/** A signal ends the session, so that what is being written can be put away. */
async function untilSignalled(live: Live, work: () => Promise<void>): Promise<void> {
  const stop = whenSignalled()
  stop.signal.addEventListener('abort', () => live.close())
  try {
    await work()
  } catch (error) {
    throw stop.signal.aborted ? new SetpointError('COPY_FAILED', 'The copy was broken off.') : error
  } finally {
    stop.release()
    live.close()
  }
}

function copyOf(task: string, path: string): Pick<CopyRequest, 'kind' | 'taskId' | 'path'> {
  return { kind: 'copy', taskId: task, path }
}

/** `FOLDER/.` and `/` stand for what is in a folder. */
function isContent(path: string): boolean {
  return /(^|\/)\.{0,2}$/.test(path) && (path.endsWith('.') || path === '/')
}

/** `TASK:PATH`; a path here begins with `.` or `/`, or has no colon. */
function placeOf(text: string): { task: string | undefined; path: string } {
  const [, task, path] = /^([^./][^:]*):(.*)$/s.exec(text) ?? []
  return task === undefined || path === undefined ? { task: undefined, path: text } : { task, path }
}

function noDirection(source: string, target: string): SetpointError {
  return new SetpointError('USAGE', `One of ${source} and ${target} must be TASK:PATH, and only one.`, {
    hint: 'For example: setpoint cp shop/web:/etc/hosts . — a path here with a colon is written ./NAME.',
  })
}

/** What `docker cp` has for a tar stream. A file that is called so is written `./-`. */
function noStream(): SetpointError {
  return new SetpointError('USAGE', '"-" for standard input or output is not known to cp.', {
    hint: 'For a tar stream: `setpoint exec shop/web -T -- tar -C /srv -cf - . > srv.tar`. A file of that name is ./-.',
  })
}
