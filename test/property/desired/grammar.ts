import fc from 'fast-check'
import { composeFile } from '../../../controller/desired/compose/model/compose-file.ts'
import { service as serviceShape } from '../../../controller/desired/compose/model/service.ts'
import type { Key, ScalarShape, Shape } from '../../../controller/desired/compose/shape.ts'

/** A value of YAML without its finer points. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** Every key of the grammar, wherever it stands. */
export const KEYS = [...new Set(keysOf(composeFile))]

function keysOf({ list, map }: Shape): string[] {
  const below = [list?.items, map?.values, ...Object.values(map?.keys ?? {}).map(({ shape }) => shape)]
  return [...Object.keys(map?.keys ?? {}), ...below.flatMap((shape) => (shape ? keysOf(shape) : []))]
}

const NAMES = ['a', 'b.c', 'd-e', 'F_1']
// Without the empty text, which is printed as little as what is not there.
const TEXTS = [
  'a',
  'b c',
  'yes',
  '1.50',
  '0x1F',
  'null',
  '~',
  "it's",
  '# no comment',
  'é\u{1F600}',
  ' a ',
  'a: b',
  '$$HOME',
  '2001-01-01',
  '- a',
  '{',
  'a\nb\n',
  '"',
  '1e3',
  '=',
]
const IPS = ['127.0.0.1', '::1', '10.0.0.1']
const COMMANDS: Value[] = ['echo "a b"', ['echo', 'a b', ''], 'a', []]

/** What fits where a text must have a form. The key is what the shape expects. */
const FORMS: [expected: RegExp, ...values: Value[]][] = [
  [/^a string, as in "default"/, 'default', 'id=~/.ssh/id'],
  [/^a string, as in "base=/, 'base=../base', 'b=https://example.com/x.git'],
  [/^a string, as in/, 'A=b', 'B=', 'c.d=e=f', 'E=$$x'],
  [/^a host and its address/, 'h=10.0.0.1', 'i:10.0.0.2', 'j=[::1]'],
  [/^an address/, '10.0.0.1', '10.0.0.1,10.0.0.2'],
  [/^an octal file mode/, '0440', '0755', 0o600],
  [/^a size with its unit/, '64m', '1.5gb', '10 k', '7b'],
  [/^a size/, '64m', '1gb', 1024, '100'],
  [/^a whole number or all/, 'all', 2],
  [/^a whole number, or a mapping/, 7, '8', -1],
  [/^a command, as in "curl/, 'true', ['CMD', 'a', 'b'], ['CMD-SHELL', 'a b'], ['NONE']],
  [/^a command/, ...COMMANDS],
  [/^(the name of a service|the name of a network|the name of a model)/, ...NAMES],
  [/^a port of the host/, '8080', 9090, '8000-8010'],
  [/^a port/, '8080:80', '80', 81, '127.0.0.1:8081:81/udp', '9000-9002:9000-9002', '7000-7005:70'],
  [/^tcp, udp/, 'tcp', 'udp', 'UDP'],
  [/^an IP address/, ...IPS],
  [/^a name of two or more/, 'ab', 'a.b'],
  [/^a duration/, '30s', '1m30s', '1.5s', '0s', '2h', '1d', '100ms'],
  [/^a device/, '/dev/fuse', '/dev/a:/dev/b', '/dev/a:/dev/c:r'],
  [/^a path or a list of paths, as in \/run/, '/run', '/run/a:size=64m'],
  [/^always, missing/, 'always', 'missing', 'every_12h', 'if_not_present'],
  [/^(a path|a folder)/, './data', '/srv/data', '../x', 'a//b/./c'],
  [/^true, false or settings/, true, 'mode=max'],
]

/** Left out where what may stand there depends on other keys, or on files. What of it is tried stands in `project`. */
const DEPENDENT = new Set(
  `services include extends env_file label_file depends_on networks network_mode volumes volumes_from links secrets
  configs models provider scale cpus mem_limit mem_reservation pids_limit container_name replicas platform platforms
  dockerfile_inline external develop credential_spec x-setpoint device_ids name ipc pid uts cgroup`.split(
    /\s+/,
  ),
)

/** Values that fit a shape, whatever stands elsewhere. */
function fitting(shape: Shape): fc.Arbitrary<Value> {
  const known = made.get(shape)
  if (known) return known
  const form = FORMS.find(([pattern]) => pattern.test(shape.expected))
  const hasWholeLists = form?.some((value) => Array.isArray(value)) ?? false
  const kinds = [...scalars(shape), ...(hasWholeLists ? [] : lists(shape)), ...maps(shape)]
  const all = kinds.length === 1 && kinds[0] ? kinds[0] : fc.oneof(...kinds)
  made.set(shape, all)
  return all
}

const made = new Map<Shape, fc.Arbitrary<Value>>()

function scalars({ scalar, expected }: Shape): fc.Arbitrary<Value>[] {
  if (!scalar) return []
  const form = FORMS.find(([pattern]) => pattern.test(expected))
  return [fc.constantFrom<Value>(...(form ? (form.slice(1) as Value[]) : plain(scalar)))]
}

function plain({ types, cast, values, minimum = 0, maximum = minimum + 9 }: ScalarShape): Value[] {
  if (values) return [...values]
  if (cast === 'boolean') return [true, false, 'true']
  if (cast === 'integer') return [minimum, maximum, String(minimum + 1)]
  if (cast === 'number') return [0, 1.5, '2.25', 3]
  const perType: Record<string, Value[]> = {
    string: TEXTS,
    integer: [5],
    number: [7, 1.5],
    boolean: [true],
    null: [null],
  }
  return types.flatMap((type) => perType[type] ?? [])
}

function lists({ list }: Shape): fc.Arbitrary<Value>[] {
  if (!list) return []
  const array = list.isDistinct ? fc.uniqueArray : fc.array
  return [array(fitting(list.items), { minLength: 1, maxLength: 3 })]
}

function maps({ map }: Shape): fc.Arbitrary<Value>[] {
  if (!map) return []
  if (map.keys) return [mappings(map.keys, map.required)]
  return map.values
    ? [fc.dictionary(fc.constantFrom(...NAMES), fitting(map.values), { maxKeys: 3, noNullPrototype: true })]
    : []
}

/** Some of the known keys, all that are required, and one of the author's own. */
function mappings(
  keys: Record<string, Key>,
  required: readonly string[] = [],
): fc.Arbitrary<{ [key: string]: Value }> {
  const free = Object.keys(keys).filter((key) => !DEPENDENT.has(key) && !required.includes(key))
  return fc.subarray(free, { maxLength: Math.min(5, free.length) }).chain((some) =>
    fc.record(
      {
        ...Object.fromEntries(
          [...required, ...some].map((key) => [key, fitting(keys[key]?.shape ?? composeFile)]),
        ),
        ...(some.length % 2 === 0 ? {} : { 'x-own': fc.constant<Value>({ b: [1, null] }) }),
      },
      { noNullPrototype: true },
    ),
  )
}

const dependent = fc.record(
  {
    networks: fc.constantFrom<Value>(
      ['n'],
      { n: null, default: { aliases: ['x'] } },
      { m: { priority: 5 } },
      [],
    ),
    volumes: fc.subarray<Value>([
      'v:/v',
      './d:/d:ro',
      '/srv:/s',
      { type: 'tmpfs', target: '/t', tmpfs: { size: '1m' } },
      '/anonymous',
      { type: 'volume', source: 'w', target: '/w/', volume: { nocopy: true } },
    ]),
    secrets: fc.constantFrom<Value>(['s'], [{ source: 's', target: 'x', mode: 0o440 }]),
    configs: fc.constantFrom<Value>(['c'], [{ source: 'c', target: '/c' }]),
    env_file: fc.constantFrom<Value>('a.env', ['a.env', { path: './none.env', required: false }]),
    label_file: fc.constant<Value>('a.env'),
    scale: fc.constantFrom<Value>(0, 2, '3'),
    develop: fc.constantFrom<Value>({
      watch: [{ path: './src', action: 'sync', target: '/src', ignore: ['a'] }],
    }),
    profiles: fc.constantFrom<Value>(['p'], []),
  },
  { requiredKeys: [], noNullPrototype: true },
)

const service = fc
  .tuple(mappings(withoutProfiles(serviceShape.map?.keys ?? {})), dependent)
  .map(([own, more]) => ({
    ...own,
    image: 'app',
    ...more,
  }))

function withoutProfiles({ profiles: _, ...keys }: Record<string, Key>): Record<string, Key> {
  return keys
}

const sections = composeFile.map?.keys ?? {}

function resource(section: string): fc.Arbitrary<Value> {
  return fitting(sections[section]?.shape.map?.values ?? composeFile)
}

/** Whole compose files without a fault. `a.env` must stand beside them. */
export const project: fc.Arbitrary<{ [key: string]: Value }> = fc
  .record({
    services: fc.tuple(service, service, service),
    networks: fc.record({ n: resource('networks'), m: resource('networks') }, { noNullPrototype: true }),
    volumes: fc.record({ v: resource('volumes'), w: resource('volumes') }, { noNullPrototype: true }),
    secrets: fc.constantFrom<Value>(
      { s: { file: './a.env' } },
      { s: { environment: 'HOME' } },
      { s: { external: true } },
    ),
    configs: fc.constantFrom<Value>(
      { c: { file: './a.env' } },
      { c: { content: 'a $$b' } },
      { c: { external: true, name: 'd' } },
    ),
    depends: fc.constantFrom<Value>(
      ['a'],
      { a: { condition: 'service_healthy', restart: true } },
      { a: { condition: 'service_started', required: false } },
    ),
  })
  .map(({ services: [a, b, c], depends, ...rest }) => ({
    services: { a, b: { ...b, depends_on: depends }, c: { ...c, network_mode: undefined } },
    ...rest,
  }))
  .map((whole) => JSON.parse(JSON.stringify(whole)) as { [key: string]: Value })
