import { readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SetpointError } from '../schemas/error.ts'
import { HOST_NAME } from '../schemas/wire.ts'
import { replaceFile } from './disk.ts'

/**
 * What this host is called: as it was at the first start (`<state>/host`), else as given, else as the machine is. The
 * journaled tasks are tasks of that name; under another one no controller would know them.
 * @throws SetpointError USAGE when another name is given, or the machine's cannot be used; nothing is touched before
 */
export async function hostNameOf(state: string, given: string | undefined): Promise<string> {
  const pinned = await pinnedHost(state)
  if (pinned !== undefined && given !== undefined && pinned !== given) throw renamed(state, pinned, given)
  return pinned ?? given ?? machineName()
}

/** Keeps the name for every later start. */
export async function pinHost(state: string, name: string): Promise<void> {
  if ((await pinnedHost(state)) === name) return
  await replaceFile(fileOf(state), `${name}\n`, 0o644)
}

/** For a state folder that has no tasks any more: its next start may give another name. */
export async function forgetHost(state: string): Promise<void> {
  await rm(fileOf(state), { force: true })
}

async function pinnedHost(state: string): Promise<string | undefined> {
  const text = await readFile(fileOf(state), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
    throw error
  })
  const name = text.trim()
  if (name === '') return undefined // a power cut may leave it empty
  if (HOST_NAME.test(name)) return name
  throw new SetpointError('USAGE', `${fileOf(state)} holds no host name.`, {
    hint: 'Write the name into it that the controller knows this host by (`setpoint hosts`).',
  })
}

function machineName(): string {
  const name = hostname().toLowerCase()
  if (HOST_NAME.test(name)) return name
  throw new SetpointError('USAGE', `The name of this machine, ${JSON.stringify(name)}, is no host name.`, {
    hint: 'Give --host NAME: lower-case letters, digits, dots and dashes.',
  })
}

function renamed(state: string, pinned: string, given: string): SetpointError {
  return new SetpointError(
    'USAGE',
    `This host was called ${pinned} when its tasks were started, and is to be called ${given} now.`,
    {
      hint: `Give --host ${pinned}. For another name take its tasks down first: the state folder is ${state}.`,
    },
  )
}

function fileOf(state: string): string {
  return join(state, 'host')
}
