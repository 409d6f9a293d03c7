import type { Credentials } from '../location/credentials.ts'
import type { Location } from '../location/source-location.ts'

export interface EnvironmentOptions {
  credentials?: Credentials
  /** A gitconfig to use instead of the user's. */
  globalConfig?: string
  /** Object databases to read from as well: absolute paths. */
  alternates?: string[]
}

/** What whoever starts the controller may tell git through the environment: keys, certificates, configuration. */
const OPERATORS =
  /^(GIT_SSH|GIT_SSH_COMMAND|GIT_SSH_VARIANT|GIT_ASKPASS|GIT_SSL_\w+|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))$/i
const GUARDED = /^(GIT.*|EDITOR|VISUAL|PAGER|PREFIX)$/i

const CONFIG: [key: string, value: string][] = [
  ['core.hooksPath', '/dev/null'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '30'],
]

/**
 * The environment of one git process. Everything that a repository, or the git hook that a controller may be
 * started from, could slip in is left out; secrets travel here, as configuration, because argv is public.
 */
export function gitEnvironment(location: Location, options: EnvironmentOptions = {}): NodeJS.ProcessEnv {
  return {
    ...inherited(),
    LC_ALL: 'C', // errors are recognised by their English text
    GIT_TERMINAL_PROMPT: '0',
    SSH_ASKPASS: process.env.SSH_ASKPASS ?? '/bin/false',
    SSH_ASKPASS_REQUIRE: 'force', // ssh would otherwise ask on the terminal and wait for an answer
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:file',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_LAZY_FETCH: '1',
    ...(options.globalConfig !== undefined && { GIT_CONFIG_GLOBAL: options.globalConfig }),
    ...(options.alternates && {
      GIT_ALTERNATE_OBJECT_DIRECTORIES: options.alternates.map(quoted).join(':'),
    }),
    ...configuration([...CONFIG, ...identity(location, options.credentials ?? {})]),
  }
}

function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([key]) => !GUARDED.test(key) || OPERATORS.test(key))
  return Object.fromEntries(kept)
}

function configuration(entries: [key: string, value: string][]): NodeJS.ProcessEnv {
  const numbered = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(numbered) }
}

function identity(location: Location, { username, password }: Credentials): [string, string][] {
  if (!/^https?:/i.test(location.argument)) return []
  const origin = `${new URL(location.argument).origin}/`
  if (password !== undefined) {
    const basic = Buffer.from(`${username ?? ''}:${password}`).toString('base64')
    return [[`http.${origin}.extraHeader`, `Authorization: Basic ${basic}`]]
  }
  return username === undefined ? [] : [[`credential.${origin}.username`, username]]
}

/** git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES: a path with a colon is written in double quotes as in C. */
function quoted(path: string): string {
  return /[:"\\]/.test(path) ? `"${path.replace(/[\\"]/g, '\\$&')}"` : path
}
