import { isNull, type MapNode, type Node, type Origin, valueAt } from '../../yaml/node.ts'
import { withoutTags } from '../../yaml/without-tags.ts'
import { composeFile } from '../model/compose-file.ts'
import type { Composing } from './composing.ts'
import { canonicalDocument } from './documents.ts'
import { merge } from './merge.ts'
import { noteIncoming } from './origin.ts'

/** The services of one file, in canonical form. */
export interface Services {
  path: string
  /** What paths and variables in them go by. */
  composing: Composing
  names: () => Iterable<string>
  /** A service as it is written, undefined where there is none of that name; `origins` goes into what is wrong with it. */
  written: (name: string, origins: readonly Origin[]) => Node | undefined
  /** The services merged over what they extend, as far as that is known. */
  extended: Map<string, Node>
  /** The model of the files before, whose services cannot be extended by name alone. */
  earlier?: MapNode | undefined
}

/** The services of a document that is in canonical form. */
export function servicesOf(document: MapNode, path: string, composing: Composing): Services {
  const written = (name: string) => valueAt(document, 'services', name)
  return { path, composing, names: () => namesIn(document), written, extended: new Map() }
}

/**
 * The services of another file. Each is looked at when it is extended: what is wrong with the rest of that file is
 * none of the project's business.
 * @returns undefined, with its problems noted, when the file is broken
 */
export function servicesIn(
  path: string,
  composing: Composing,
  origins: readonly Origin[],
): Services | undefined {
  const { documents, isBroken, problems } = composing.reader.read(path)
  const incoming = { ...composing, origins: [...composing.origins, ...origins] }
  noteIncoming(problems, incoming)
  if (isBroken) return undefined
  const written: Services['written'] = (name, origins) =>
    serviceIn(documents, name, { ...composing, origins: [...composing.origins, ...origins] })
  return { path, composing, names: () => namesInAll(documents), written, extended: new Map() }
}

function* namesInAll(documents: readonly Node[]): Iterable<string> {
  for (const document of documents) yield* namesIn(document)
}

function namesIn(document: Node): Iterable<string> {
  const services = valueAt(document, 'services')
  return services?.kind === 'map' ? services.entries.keys() : []
}

function serviceIn(documents: Node[], name: string, composing: Composing): Node | undefined {
  const written = documents.flatMap((document) => valueAt(document, 'services', name) ?? [])
  if (written.length > 0 && written.every(isNull)) return written[0]
  const excerpts = documents.flatMap((document) => excerpt(document, name))
  const [first, ...rest] = excerpts.flatMap((document) => canonicalDocument(document, composing))
  const merging = { shape: composeFile, path: '', problems: composing.problems }
  const merged = rest.reduce<MapNode | undefined>(
    (model, document) => model && merge(withoutTags(model), document, merging),
    first,
  )
  return valueAt(merged, 'services', name)
}

/** The document with nothing but one of its services. */
function excerpt(document: Node, name: string): MapNode[] {
  const services = document.kind === 'map' ? document.entries.get('services') : undefined
  const service = services?.value.kind === 'map' ? services.value.entries.get(name) : undefined
  if (!services || !service) return []
  const only: Node = { kind: 'map', at: services.value.at, entries: new Map([[name, service]]) }
  return [
    { kind: 'map', at: document.at, entries: new Map([['services', { at: services.at, value: only }]]) },
  ]
}
