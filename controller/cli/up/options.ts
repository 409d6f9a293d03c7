import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { HOST_NAME } from '../../../schemas/wire.ts'
import { stateFolder } from '../environment.ts'
import type { SharedFlags } from '../options/shared-options.ts'
import { layoutOf } from './layout.ts'
import type { Runtime } from './tools.ts'

/** What a person asks of `up`. */
export interface UpFlags extends SharedFlags {
  host?: string
  runtime: Runtime
  verbose?: boolean
  storageRoot?: string
  storageRun?: string
  imageMaxAge?: string
  diskHigh?: string
  diskLow?: string
}

/** The same, complete. */
export interface UpOptions extends Omit<UpFlags, 'source'> {
  sources: string[]
  /** Absolute path. */
  state: string
  host: string
  allowEmpty: boolean
  verbose: boolean
}

/** @throws SetpointError USAGE when the host's name cannot stand in a queue's name */
export function upOptions(flags: UpFlags, env: NodeJS.ProcessEnv): UpOptions {
  const folder = resolve(flags.state ?? stateFolder(env))
  const { source, state: _, host, allowEmpty = false, verbose = false, ...rest } = flags
  return {
    ...rest,
    sources: source,
    state: folder,
    host: host === undefined ? (pinnedHost(folder) ?? hostNameFrom(hostname())) : checkHostName(host),
    allowEmpty,
    verbose,
  }
}

/** What the agent of this state folder was called at its first start: a machine that is renamed keeps its tasks. */
function pinnedHost(state: string): string | undefined {
  try {
    const name = readFileSync(join(layoutOf(state).agentState, 'host'), 'utf8').trim()
    return HOST_NAME.test(name) ? name : undefined
  } catch {
    return undefined // the first start
  }
}

/** A hostname in the form that Setpoint's names have. */
export function hostNameFrom(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, 63)
    .replace(/^[.-]+|[.-]+$/g, '')
  return plain === '' ? 'localhost' : plain
}

function checkHostName(name: string): string {
  if (HOST_NAME.test(name)) return name
  throw new SetpointError('USAGE', `"${name}" cannot be a host's name.`, {
    hint: 'Lower-case letters, digits, dots and dashes, at most 63 of them.',
  })
}
