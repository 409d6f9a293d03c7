import fc from 'fast-check'
import { stringify } from 'yaml'

/** What a service is, however a file writes it: times in milliseconds, sizes in MiB. */
export interface Meaning {
  image: string
  command: string[] | null
  environment: Record<string, string>
  labels: Record<string, string>
  /** By the port of the host. */
  ports: Record<string, { target: number; protocol: 'tcp' | 'udp' }>
  /** By the target in the container. */
  mounts: Record<string, { source: string; readOnly: boolean }>
  networks: string[]
  capabilities: string[]
  memory: number | null
  stopGracePeriod: number
  restart: 'any' | 'none' | 'on-failure'
  interval: number | null
  /** Contents of configs by their target. */
  configs: Record<string, string>
}

const name = fc.constantFrom('ONE', 'TWO', 'THREE', 'FOUR')
const word = fc.constantFrom(
  'a',
  'b c',
  '1',
  'true',
  '1.50',
  '$x',
  "it's",
  '',
  '#',
  'é',
  '0440',
  'null',
  ': ',
)
const texts = fc.dictionary(name, word, { maxKeys: 3 })
const time = fc.constantFrom(0, 500, 1_000, 60_000, 90_000, 3_600_000, 86_400_000)

export const meaning: fc.Arbitrary<Meaning> = fc.record({
  image: fc.constantFrom('till:1', 'till:2', 'docker.io/shop/till:1'),
  command: fc.option(fc.array(word, { maxLength: 3 })),
  environment: texts,
  labels: texts,
  ports: fc.dictionary(
    fc.constantFrom('80', '81', '90'),
    fc.record({ target: fc.constantFrom(80, 81), protocol: fc.constantFrom('tcp', 'udp') }),
    { maxKeys: 3 },
  ),
  mounts: fc.dictionary(
    fc.constantFrom('/a', '/b', '/c/d'),
    fc.record({ source: fc.constantFrom('data', 'logs', '/srv/a', '/srv/b'), readOnly: fc.boolean() }),
    { maxKeys: 3 },
  ),
  networks: fc.subarray(['front', 'back'], { minLength: 1 }),
  capabilities: fc.subarray(['KILL', 'CHOWN', 'NET_RAW']),
  memory: fc.option(fc.constantFrom(6, 512, 1024, 1536)),
  stopGracePeriod: time,
  restart: fc.constantFrom('any', 'none', 'on-failure'),
  interval: fc.option(time.filter((value) => value > 0)),
  configs: fc.dictionary(fc.constantFrom('/etc/a', '/etc/b'), word, { maxKeys: 2 }),
})

/** Chooses one of several. */
export type Choose = <T>(...options: [T, ...T[]]) => T

/** Files that mean a service `a`, and the variables that they name. */
export interface Spelling {
  files: Record<string, string>
  compose: string[]
  variables: Record<string, string>
}

/** One of the many ways to write a service, chosen at every step. */
export function spell(meant: Meaning, choose: Choose): Spelling {
  const files: Record<string, string> = {}
  const variables: Record<string, string> = {}
  const service = inAnyOrder({ ...neutral(choose), ...keysOf(meant, choose) }, choose)
  const rest = inAnyOrder(
    {
      networks: { back: {}, front: {} },
      volumes: { data: {}, logs: {} },
      ...configsOf(meant, files, choose),
    },
    choose,
  )
  const write = (value: object) => written(withVariables(value, variables, choose), choose)
  const way = choose(...WAYS)
  const compose = way({ service, rest, files, write, choose })
  return { files, compose, variables }
}

interface Parts {
  service: object
  rest: object
  files: Record<string, string>
  write: (value: object) => string
  choose: Choose
}

/** How the keys of a service come together; each writes its files and names those to start from. */
const WAYS: [(parts: Parts) => string[], ...((parts: Parts) => string[])[]] = [
  ({ service, rest, files, write }) => {
    files['compose.yaml'] = write({ services: { a: service }, ...rest })
    return ['compose.yaml']
  },
  ({ service, rest, files, write, choose }) => {
    const [some, others] = parted(service, choose)
    files['compose.yaml'] = write({ services: { a: some }, ...rest })
    files['over.yaml'] = write({ services: { a: others } })
    return ['compose.yaml', 'over.yaml']
  },
  ({ service, rest, files, write, choose }) => {
    const [some, others] = parted(service, choose)
    files['base.yaml'] = write({ services: { base: others } })
    files['compose.yaml'] = write({
      services: { a: { extends: { file: 'base.yaml', service: 'base' }, ...some } },
      ...rest,
    })
    return ['compose.yaml']
  },
  ({ service, rest, files, write }) => {
    files['part.yaml'] = write({ services: { a: service }, ...rest })
    files['compose.yaml'] = write({ include: ['part.yaml'] })
    return ['compose.yaml']
  },
]

/** What may stand beside it and leads to no new task. */
function neutral(choose: Choose): Record<string, unknown> {
  return {
    ...choose(
      {},
      { pull_policy: 'always' },
      { 'x-note': choose('one', 'other') },
      { attach: choose(true, false) },
    ),
    ...choose(
      {},
      { deploy: { replicas: choose(0, 1, 7), labels: ['a=b'] } },
      { deploy: { mode: 'global', update_config: { parallelism: choose(0, 3), order: 'start-first' } } },
    ),
  }
}

function keysOf(meant: Meaning, choose: Choose): Record<string, unknown> {
  const { image, command, memory, interval, capabilities } = meant
  return {
    image,
    ...(command && { command: command.map(escaped) }),
    ...pairs('environment', meant.environment, choose),
    ...pairs('labels', meant.labels, choose),
    ports: inAnyOrder(meant.ports, choose, Object.entries).map(([host, { target, protocol }]) =>
      choose<unknown>(`${host}:${target}/${protocol}`, `${host}:${target}/${protocol.toUpperCase()}`, {
        target,
        published: choose<unknown>(host, Number(host)),
        protocol,
      }),
    ),
    volumes: inAnyOrder(meant.mounts, choose, Object.entries).map(([target, mount]) =>
      mountOf(target, mount, choose),
    ),
    networks: choose<unknown>(
      meant.networks,
      meant.networks.toReversed(),
      Object.fromEntries(meant.networks.map((one) => [one, choose<unknown>(null, {})])),
    ),
    cap_add: choose(
      capabilities,
      capabilities.map((one) => `CAP_${one}`),
      capabilities.toReversed(),
    ),
    ...(memory !== null && { mem_limit: size(memory, choose) }),
    stop_grace_period: duration(meant.stopGracePeriod, choose),
    ...(interval !== null && {
      healthcheck: {
        test: choose<unknown>('probe', ['CMD-SHELL', 'probe']),
        interval: duration(interval, choose),
      },
    }),
    restart: { any: choose('always', 'unless-stopped'), none: 'no', 'on-failure': 'on-failure' }[
      meant.restart
    ],
    configs: inAnyOrder(meant.configs, choose, Object.keys).map((target) => ({
      source: sourceOf(target),
      target,
    })),
  }
}

function pairs(key: string, values: Record<string, string>, choose: Choose): Record<string, unknown> {
  const entries = inAnyOrder(values, choose, Object.entries)
  if (entries.length === 0) return choose<Record<string, unknown>>({}, { [key]: {} }, { [key]: [] })
  const texts = entries.map(([name, value]): [string, string] => [name, escaped(value)])
  return {
    [key]: choose<unknown>(
      Object.fromEntries(texts),
      texts.map((pair) => pair.join('=')),
    ),
  }
}

/** So that no variable is read into it. */
function escaped(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function mountOf(
  target: string,
  { source, readOnly }: { source: string; readOnly: boolean },
  choose: Choose,
): unknown {
  const isBind = source.startsWith('/')
  const long = {
    type: isBind ? 'bind' : 'volume',
    source,
    target,
    ...(readOnly && { read_only: true }),
    ...(isBind && { bind: { create_host_path: true } }),
  }
  return choose<unknown>(
    `${source}:${target}${readOnly ? ':ro' : choose('', ':rw')}`,
    `${source}:${target}/${readOnly ? ':ro' : ''}`,
    long,
  )
}

function size(mebibytes: number, choose: Choose): unknown {
  return choose<unknown>(
    `${mebibytes}m`,
    `${mebibytes}MB`,
    `${mebibytes * 1024}k`,
    `${mebibytes / 1024}g`,
    mebibytes * 1024 * 1024,
    `${mebibytes * 1024 * 1024}b`,
  )
}

function duration(milliseconds: number, choose: Choose): string {
  const seconds = milliseconds / 1000
  return choose(
    `${milliseconds}ms`,
    `${seconds}s`,
    `${Math.floor(seconds / 60)}m${seconds % 60}s`,
    `${milliseconds * 1000}us`,
    `0h${seconds}s`,
  )
}

/** The configs, each by its content or by a file. */
function configsOf(
  { configs }: Meaning,
  files: Record<string, string>,
  choose: Choose,
): Record<string, unknown> {
  const declared = Object.entries(configs).map(([target, content]) => {
    const path = `${sourceOf(target)}${choose('', '.other')}.txt`
    const inFile = choose(true, false) || content === ''
    if (inFile) files[path] = content
    return [sourceOf(target), inFile ? { file: path } : { content: escaped(content) }]
  })
  return declared.length === 0 ? {} : { configs: Object.fromEntries(declared) }
}

function sourceOf(target: string): string {
  return target.slice(1).replaceAll('/', '-')
}

/** Some texts in variables; keys and what has a `$` stay. */
function withVariables(value: unknown, variables: Record<string, string>, choose: Choose): unknown {
  if (Array.isArray(value)) return value.map((item) => withVariables(item, variables, choose))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, withVariables(inner, variables, choose)]),
    )
  }
  if (typeof value !== 'string' || value.includes('$')) return value
  return choose<() => string>(
    () => value,
    () => value,
    () => variable(value, variables),
    () => `\${UNSET-${value}}`,
  )()
}

function variable(value: string, variables: Record<string, string>): string {
  const name = `V${Object.keys(variables).length}`
  variables[name] = value
  return `\${${name}}`
}

function written(value: unknown, choose: Choose): string {
  const text = choose(
    () => JSON.stringify(value),
    () => stringify(value, { aliasDuplicateObjects: false }),
    () => stringify(value, { defaultStringType: 'QUOTE_SINGLE' }),
    () => stringify(value).replaceAll(/^(?=\s*[a-z_]+:)/gm, '# why\n'),
  )()
  return choose(text, `# what\n${text}\n# end`)
}

/** The keys in two parts. */
function parted(service: object, choose: Choose): [object, object] {
  const entries = Object.entries(service).map((entry) => ({ entry, isFirst: choose(true, false) }))
  const part = (isFirst: boolean) =>
    Object.fromEntries(entries.filter((one) => one.isFirst === isFirst).map(({ entry }) => entry))
  return [part(true), part(false)]
}

function inAnyOrder<T extends object>(value: T, choose: Choose): T
function inAnyOrder<T extends object, U>(value: T, choose: Choose, read: (value: T) => U[]): U[]
function inAnyOrder<T extends object, U>(value: T, choose: Choose, read?: (value: T) => U[]): T | U[] {
  const entries = read ? read(value) : Object.entries(value)
  const ordered = choose(entries, entries.toReversed(), [...entries.slice(1), ...entries.slice(0, 1)])
  return read ? (ordered as U[]) : (Object.fromEntries(ordered as [string, unknown][]) as T)
}
