import { isScalar, type Node as YamlNode } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, note } from '../problems.ts'
import type { Place } from './node.ts'
import { resolvePlain } from './scalar.ts'
import { isPlain } from './scalar-node.ts'

const MAX_KEY = 1024

interface KeyPlace {
  at: Place
  /** The path of the mapping. */
  path: string
  problems: Problem[]
}

/** The text of a key, also of one that should be in quotes, which is told; undefined when there is none to go by. */
export function keyText(key: YamlNode, { at, path, problems }: KeyPlace): string | undefined {
  if (isScalar(key) && String(key.value).length > MAX_KEY) {
    note(problems, errorAt(at, path, `a key has more than ${MAX_KEY} characters`))
    return undefined
  }
  const text = isScalar(key) && typeof key.value === 'string' ? key.value : undefined
  if (text !== undefined && isScalar(key) && (!isPlain(key) || typeof resolvePlain(text) === 'string'))
    return text
  const message = text ? `the key ${text} is not text; quote it: "${text}"` : 'a key must be text'
  note(problems, errorAt(at, path, message))
  return text || undefined
}
