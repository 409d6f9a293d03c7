import { readFile, writeFile } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { ExecRequest } from '../../schemas/session/request.ts'
import { filesOf } from '../runtime/context.ts'
import { parseExactly } from '../runtime/exec-process.ts'
import { type User, userOf } from '../runtime/users/accounts.ts'
import type { Command } from './exec.ts'

/** The part of a runtime-spec process that is changed here; the rest is the container's own. */
interface Process {
  terminal: boolean
  consoleSize?: { height: number; width: number }
  user: User
  args: string[]
  env: string[]
  cwd: string
}

/** Writes what the runtime is to run: the container's own process with another command line. */
export async function writeProcess({ request, task, files, reach }: Command): Promise<void> {
  const { paths, runtime } = reach
  const place = { paths, command: await runtime.command(request.taskId) }
  const config = await readFile(filesOf(place, request.taskId).config, 'utf8')
  const { process } = parseExactly(config) as { process: Process }
  const user = request.user === undefined ? undefined : await userOf(request.user, task.imageRoot ?? '/')
  await writeFile(files.process, JSON.stringify(processOf(process, request, user)), { mode: 0o600 })
}

/** @throws SetpointError EXEC_FAILED for a folder or a variable that is none */
export function processOf(own: Process, request: ExecRequest, user: User | undefined): Process {
  const { argv, tty, columns, rows, workingDir, environment } = request
  if (workingDir !== undefined && !workingDir.startsWith('/')) throw noFolder(workingDir)
  return {
    ...own,
    terminal: tty,
    ...(tty && { consoleSize: { height: rows ?? 24, width: columns ?? 80 } }),
    args: argv,
    cwd: workingDir ?? own.cwd,
    env: environmentOf(own.env, [...(tty ? ['TERM=xterm'] : []), ...environment]),
    user: { ...own.user, ...user },
  }
}

function environmentOf(own: string[], more: string[]): string[] {
  const wrong = more.find((variable) => !/^[^=\0]+=[^\0]*$/s.test(variable))
  if (wrong !== undefined) throw noVariable(wrong)
  const byName = new Map([...own, ...more].map((variable) => [variable.split('=', 1)[0], variable]))
  return [...byName.values()]
}

function noFolder(path: string): SetpointError {
  return new SetpointError('EXEC_FAILED', `${path} is no absolute path, so no command can be run in it.`, {
    hint: 'Give the folder from the root of the container on: -w /srv.',
  })
}

function noVariable(text: string): SetpointError {
  return new SetpointError('EXEC_FAILED', `${text.split('=', 1)[0]} is no environment variable.`, {
    hint: 'Write -e NAME=VALUE.',
  })
}
