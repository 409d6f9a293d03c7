import { canonicalJson, digest } from '../../schemas/canonical.ts'
import type { ContentMount } from '../../schemas/content.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import type { PlannedChange } from '../../schemas/status.ts'
import { withoutPasswords } from '../../schemas/volume.ts'

type Field = PlannedChange['fields'][number]

/** What a person reads of the way from one spec to another: a line a service, network or volume, with its fields. */
export function specChanges(from: StackSpec | null, to: StackSpec | null): PlannedChange[] {
  return [
    ...listChanges('service', { from: from?.services, to: to?.services, summary: serviceSummary }),
    ...listChanges('network', { from: from?.networks, to: to?.networks }),
    ...listChanges('volume', { from: from?.volumes, to: to?.volumes }),
    ...(from && to && from.drift !== to.drift
      ? [
          {
            summary: 'change the handling of drift',
            fields: [{ path: 'drift', from: from.drift, to: to.drift }],
          },
        ]
      : []),
  ]
}

interface Lists<T> {
  from: T[] | undefined
  to: T[] | undefined
  summary?: (before: T, after: T) => string
}

function listChanges<T extends { name: string }>(
  kind: string,
  { from = [], to = [], summary = ({ name }) => `change ${kind} ${name}` }: Lists<T>,
): PlannedChange[] {
  const before = new Map(from.map((item) => [item.name, item]))
  const after = new Map(to.map((item) => [item.name, item]))
  const added = to.filter((item) => !before.has(item.name)).map((item) => one(`add ${kind} ${item.name}`))
  const removed = from.filter((item) => !after.has(item.name)).map((item) => one(removal(kind, item.name)))
  const changed = to.flatMap((item) => {
    const old = before.get(item.name)
    const fields = old === undefined ? [] : diffFields(old, item, '')
    return old === undefined || fields.length === 0 ? [] : [{ summary: summary(old, item), fields }]
  })
  return [...added, ...changed, ...removed]
}

function removal(kind: string, name: string): string {
  return kind === 'volume' ? `forget volume ${name} (its data stays)` : `remove ${kind} ${name}`
}

function one(summary: string): PlannedChange {
  return { summary, fields: [] }
}

function serviceSummary(before: ServiceSpec, after: ServiceSpec): string {
  if (before.fingerprint !== after.fingerprint)
    return `replace the tasks of ${after.name} (${after.update.order})`
  if (before.replicas !== after.replicas)
    return `scale ${after.name} from ${before.replicas} to ${after.replicas}`
  return `change the settings of ${after.name}, no task is replaced`
}

/** Every leaf that differs; the fingerprint is left out, since it only says that something else does. */
function diffFields(from: unknown, to: unknown, path: string): Field[] {
  if (canonicalJson(from) === canonicalJson(to) || path === 'fingerprint') return []
  if (path === CONTENTS) return diffFields(byTarget(from), byTarget(to), 'contents')
  if (path === SECCOMP || !isObject(from) || !isObject(to))
    return [{ path, from: show(from, path), to: show(to, path) }]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return keys.flatMap((key) => diffFields(from[key], to[key], path === '' ? key : `${path}.${key}`))
}

const CONTENTS = 'container.contents'
/** A profile is long: that it is another one is all that can be read. */
const SECCOMP = 'container.isolation.seccomp'

/** What is mounted of the repository by its place: a line for each file or folder that has changed. */
function byTarget(contents: unknown): Record<string, string> {
  const mounts = (contents ?? []) as ContentMount[]
  return Object.fromEntries(
    mounts.map(({ target, kind, digest, mode, uid, gid }) => {
      const owner = [uid, gid].some((id) => id !== undefined) ? ` of ${uid ?? 0}:${gid ?? 0}` : ''
      const access = mode === undefined ? '' : ` ${mode.toString(8).padStart(4, '0')}`
      return [target, `${kind} ${digest.slice(0, 12)}${owner}${access}`]
    }),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown, path: string): string {
  if (path === SECCOMP && isObject(value)) return `profile ${digest(value).slice(0, 12)}`
  const told = path.startsWith('driverOpts') ? withoutSecrets(value) : value
  return told === undefined ? 'unset' : typeof told === 'string' ? told : canonicalJson(told)
}

/** Of one option of a volume, or of all. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutPasswords(value)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one)]))
}
