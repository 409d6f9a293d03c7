import type { Lookup } from '../compose/template.ts'
import { type Cursor, entriesOf, expected, fail, fields, notice } from '../cursor.ts'
import { isNull, type MapNode, type Node, quote } from '../yaml/node.ts'
import { labels as stringMap } from './mappings.ts'
import { network, type ResourceDraft, volume } from './resources.ts'
import { type ServiceDraft, service } from './service.ts'
import { oneOf, text } from './values.ts'

/** A stack with every field in one form, not yet checked as a whole. */
export interface StackDraft {
  name?: string
  services: ServiceDraft[]
  networks: ResourceDraft[]
  volumes: ResourceDraft[]
  drift: 'heal' | 'report'
  at: Cursor
}

/**
 * Short and long forms to one canonical form (Compose Specification §services, §networks, §volumes).
 * What is wrong goes to the cursor's problems; the draft has what could be read.
 */
export function normalise(at: Cursor, lookup: Lookup): StackDraft | undefined {
  if (at.node.kind !== 'map') {
    return isNull(at.node) ? fail(at, 'the file is empty') : expected(at, 'a mapping with services')
  }
  const read = fields(at, 'root', {
    name: projectName,
    services: (inner) => named(inner, 'service', (key, one) => service(key, one, lookup)),
    networks: (inner) => named(inner, 'network', network),
    volumes: (inner) => named(inner, 'volume', volume),
    'x-setpoint': settings,
  })
  if (isMissing(at.node, 'services') && isMissing(at.node, 'include'))
    fail(at, 'has no services; to remove a stack, delete its file')
  return {
    ...(read.name === undefined ? {} : { name: read.name }),
    services: read.services ?? [],
    networks: read.networks ?? [],
    volumes: read.volumes ?? [],
    drift: read['x-setpoint']?.drift ?? 'heal',
    at,
  }
}

function isMissing(root: MapNode, key: string): boolean {
  const value = root.entries.get(key)?.value
  return !value || isNull(value) || (value.kind === 'map' && value.entries.size === 0)
}

function named<T>(at: Cursor, what: string, read: (key: string, at: Cursor) => T): T[] | undefined {
  return entriesOf(at, `a mapping of ${what}s`)?.flatMap(([key, inner]) => {
    if (!/^[a-zA-Z0-9._-]{1,128}$/.test(key)) {
      fail(inner, `${quote(key)} is no name of a ${what}: letters, digits, -, _ and ., at most 128`)
      return []
    }
    return [read(key, inner)]
  })
}

/** `x-setpoint` at the root. The variables were taken before, by `declaredVariables`. */
function settings(at: Cursor) {
  return fields(at, 'setpoint', { drift: oneOf('heal', 'report'), variables: stringMap })
}

/** A project name as Compose makes it: lower case, without what is not `a-z0-9_-`, starting with a letter or digit. */
export function normaliseName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
    .slice(0, 63)
}

function projectName(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined) return undefined
  const name = normaliseName(value)
  if (name === '') return fail(at, `${quote(value)} has no letter or digit to make a name of`)
  if (name !== value) notice(at, `the stack is called ${name}: lower case letters, digits, - and _`)
  return name
}

/** `x-setpoint.variables` of a parsed file, before interpolation. */
export function declaredVariables(root: Node): Node | undefined {
  const settings = root.kind === 'map' ? root.entries.get('x-setpoint')?.value : undefined
  return settings?.kind === 'map' ? settings.entries.get('variables')?.value : undefined
}
