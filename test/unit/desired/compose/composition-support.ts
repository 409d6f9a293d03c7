import { loadFiles } from '../../../../controller/desired/compose/composition/load-files.ts'
import { createReader } from '../../../../controller/desired/compose/composition/reader.ts'
import { filesOf } from '../../../../controller/desired/files/files.ts'
import type { MapNode } from '../../../../controller/desired/yaml/node.ts'
import { formatProblem, type Problem } from '../../../../schemas/problem.ts'
import { aTree, type Content } from '../support.ts'
import { plain } from './canonical-support.ts'

export interface Composition {
  model: MapNode | undefined
  /** The model as plain values; what is broken is undefined. */
  value: unknown
  problems: Problem[]
  /** The problems as people read them. */
  told: string[]
}

export interface Options {
  /** By default `compose.yaml` alone. */
  compose?: string[]
  directory?: string
  variables?: Record<string, string>
}

/** Compose files of a tree put together: merged, with what they include and extend. */
export function composed(files: Record<string, Content> | string, options: Options = {}): Composition {
  const { compose = ['compose.yaml'], directory = '', variables = {} } = options
  const tree = filesOf(aTree(typeof files === 'string' ? { 'compose.yaml': files } : files))
  const problems: Problem[] = []
  const model = loadFiles(compose, {
    files: tree,
    reader: createReader(tree),
    directory,
    variables: (name) => variables[name],
    unset: 'error',
    problems,
    including: [],
    included: new Set(),
  })
  return { model, value: model && plain(model), problems, told: problems.map(formatProblem) }
}

/** The services of a composition that has no problem. */
export function services(files: Record<string, Content> | string, options: Options = {}): unknown {
  const { value, told } = composed(files, options)
  if (told.length > 0) throw new Error(`not accepted: ${told.join('\n')}`)
  return value && Object(value).services
}

/** The service `a` that documents make, each merged over those before. */
export function merged(...documents: string[]): unknown {
  const text = documents.map((service) => `services: {a: ${service}}`).join('\n---\n')
  return Object(services(text)).a
}
