import { stringify } from 'yaml'
import { compare } from '../../order.ts'
import { isNull, type MapNode, type Node, withValue } from '../../yaml/node.ts'
import { asMap, changeAt, changeEach, has } from '../edit.ts'
import type { Project } from '../project.ts'
import { type Printed, printed, type Struct } from './printed.ts'
import { withoutUnused } from './unused.ts'

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

type Format = 'json' | 'yaml'

/**
 * The resolved model in the shape that `docker compose config --format json` prints: without what is empty and what
 * nothing uses, `$` doubled so that it can be loaded again, of the `x-` keys only those of the root.
 */
export function projectJson({ model }: Project): Json {
  const shown = withoutFetched(withoutUnused(model))
  const sections = fields(shown, printed, 'json').filter(([key]) => key !== 'models')
  return Object.fromEntries([...sections, ...extensions(shown)].sort(byKey))
}

/** The resolved model as `docker compose config` prints it: in YAML, with all `x-` keys. */
export function projectYaml({ model }: Project): string {
  return stringify(struct(withoutFetched(withoutUnused(model)), printed, 'yaml'), YAML)
}

/** Texts that YAML 1.1 takes for a boolean or a number are quoted, and no text is folded. */
const YAML = { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false } as const

/** What a config has from a variable is not printed, only where it is from. */
function withoutFetched(model: MapNode): MapNode {
  const withoutContent = (config: Node) =>
    config.kind === 'map' && has(config, 'environment') ? withValue(config, 'content', undefined) : config
  return asMap(changeAt(model, 'configs', (configs) => changeEach(configs, withoutContent)))
}

function print(node: Node, as: Printed | undefined, format: Format): Json {
  if (!as) return raw(node)
  if (node.kind === 'list') return node.items.map((item) => print(item, as, format))
  if (node.kind === 'scalar') return raw(node)
  return 'names' in as ? named(node, (value) => print(value, as.names, format)) : struct(node, as, format)
}

function struct(map: MapNode, as: Struct, format: Format): Json {
  const known = fields(map, as, format)
  return Object.fromEntries(format === 'yaml' ? [...known, ...extensions(map)] : known)
}

function fields(map: MapNode, as: Struct, format: Format): [string, Json][] {
  return as.keys.flatMap((key) => {
    const value = field(map, key, { as, format })
    return value === undefined ? [] : [[key, value]]
  })
}

/** What is printed under a key; undefined where nothing is. */
function field(map: MapNode, key: string, { as, format }: { as: Struct; format: Format }): Json | undefined {
  const node = map.entries.get(key)?.value
  const instead = format === 'json' ? as.always[key] : undefined
  if (!node || isNull(node) || saysNothing(node, key, as)) return instead
  const value = print(node, as.below[key], format)
  const isLeftOut = format === 'yaml' && key in as.always && isEmptyMap(value)
  return isLeftOut ? undefined : value
}

/** Whether a value is what a key without a value stands for. A mapping with known keys always says something. */
function saysNothing(node: Node, key: string, { kept, blank, below }: Struct): boolean {
  if (kept.includes(key)) return false
  if (node.kind === 'scalar') return !node.value || node.value === blank[key]
  if (node.kind === 'list') return node.items.length === 0
  const as = below[key]
  return (!as || 'names' in as) && node.entries.size === 0
}

function isEmptyMap(value: Json): boolean {
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value ?? {}).length === 0
}

function extensions(map: MapNode): [string, Json][] {
  return [...map.entries]
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, { value }]): [string, Json] => [escaped(key), raw(value)])
    .sort(byKey)
}

/** A value whose keys the author gives, sorted as Compose sorts them. */
function raw(node: Node): Json {
  if (node.kind === 'map') return named(node, raw)
  if (node.kind === 'list') return node.items.map(raw)
  return typeof node.value === 'string' ? escaped(node.value) : node.value
}

function named(map: MapNode, value: (node: Node) => Json): Json {
  const entries = [...map.entries].map(([key, entry]): [string, Json] => [escaped(key), value(entry.value)])
  return Object.fromEntries(entries.sort(byKey))
}

function escaped(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function byKey([a]: [string, Json], [b]: [string, Json]): number {
  return compare(a, b)
}
