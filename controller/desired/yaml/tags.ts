import { isMap, isScalar, isSeq, type Node as YamlNode } from 'yaml'
import type { Tag } from './node.ts'

const CORE = 'tag:yaml.org,2002:'

/** What a tag asks for: the scalar as text, as what it looks like, its kind as it is anyway, or how it is merged. */
const MEANINGS = new Map<string, 'text' | 'typed' | 'kind' | Tag>([
  ['!', 'text'],
  ['!!str', 'text'],
  ['!!int', 'typed'],
  ['!!float', 'typed'],
  ['!!bool', 'typed'],
  ['!!null', 'typed'],
  ['!!map', 'kind'],
  ['!!seq', 'kind'],
  ['!reset', '!reset'],
  ['!override', '!override'],
])

/** The tag of a YAML node as it is written, `!!str`, and its meaning if it has one here. */
export function tagOf(from: YamlNode | null | undefined) {
  const written = isScalar(from) || isMap(from) || isSeq(from) ? from.tag?.replace(CORE, '!!') : undefined
  return { written, meaning: written === undefined ? undefined : MEANINGS.get(written) }
}
