import { type Cursor, failAtKey, suggestion } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { type Node, quote, scalarText, textAt, valueAt } from '../../yaml/node.ts'
import { entriesBelow, itemsBelow } from '../below.ts'
import { asMap } from '../edit.ts'
import { dependenciesOf } from '../resolve/dependencies.ts'

/** A name that must be declared elsewhere in the model. */
interface Reference {
  name: string
  /** Its `key` is the place of the name. */
  at: Cursor
}

/** Where things of a kind are declared, and where a service names them. */
interface Kind {
  what: string
  section: string
  of: (service: Cursor) => Reference[]
}

const KINDS: Kind[] = [
  { what: 'network', section: 'networks', of: networks },
  { what: 'volume', section: 'volumes', of: volumes },
  { what: 'secret', section: 'secrets', of: (service) => sources(service, 'secrets') },
  { what: 'secret', section: 'secrets', of: (service) => sources(service, 'build', 'secrets') },
  { what: 'config', section: 'configs', of: (service) => sources(service, 'configs') },
  { what: 'model', section: 'models', of: (service) => keys(service, 'models') },
]

/**
 * Every network, volume, secret, config, model and service that a service names is declared.
 * @param all the model with the services that no profile enables: to name one of those is another problem
 */
export function checkReferences(services: [string, Cursor][], model: Node, all: Node): void {
  for (const { what, section, of } of KINDS) {
    const declared = namesIn(model, section)
    for (const [, service] of services) check(of(service), what, declared)
  }
  const declared = namesIn(all, 'services')
  for (const [, service] of services) {
    const needed = dependenciesOf(service).map(({ service: name, at }) => ({ name, at }))
    check([...needed, ...contexts(service)], 'service', declared)
  }
}

function namesIn(model: Node, section: string): Set<string> {
  return new Set(asMap(valueAt(model, section)).entries.keys())
}

function keys(service: Cursor, key: string): Reference[] {
  return entriesBelow(service, key).map(([name, at]) => ({ name, at }))
}

/** The default network is there without being declared. */
function networks(service: Cursor): Reference[] {
  return keys(service, 'networks').filter(({ name }) => name !== 'default')
}

function sources(service: Cursor, ...path: string[]): Reference[] {
  return itemsBelow(service, ...path).flatMap((mount) => source(mount))
}

function volumes(service: Cursor): Reference[] {
  return itemsBelow(service, 'volumes').flatMap((mount) =>
    textAt(mount.node, 'type') === 'volume' ? source(mount) : [],
  )
}

/** Told at the mount, which is what a short form has. */
function source(mount: Cursor): Reference[] {
  const name = textAt(mount.node, 'source')
  return name ? [{ name, at: mount }] : []
}

/** Compose Specification build §additional_contexts: `service:NAME`. */
function contexts(service: Cursor): Reference[] {
  return entriesBelow(service, 'build', 'additional_contexts').flatMap(([, at]) => {
    const name = at.node.kind === 'scalar' ? /^service:(.*)$/s.exec(scalarText(at.node))?.[1] : undefined
    return name === undefined ? [] : { name, at: { ...at, key: at.node.at } }
  })
}

function check(references: Reference[], what: string, declared: Set<string>): void {
  for (const { name, at } of references) {
    if (!declared.has(name)) failUndeclared({ name, at }, what, declared)
  }
}

/** How many names a message lists: as many as one reads at a glance. */
const MAX_LISTED = 5

function failUndeclared({ name, at }: Reference, what: string, declared: Set<string>): void {
  if (what === 'volume' && name.includes('/')) {
    failAtKey(at, `${quote(name)} is no name of a volume; write ./${name} for a folder beside the file`)
    return
  }
  const near = suggestion(at, name, declared)
  const listed =
    declared.size > 0 && declared.size <= MAX_LISTED ? `; there is ${[...declared].join(', ')}` : ''
  const advice = near ? `; did you mean ${near}?` : listed
  failAtKey(at, `names the ${what} ${name}, which is not declared${advice}`, defined({ suggestion: near }))
}
