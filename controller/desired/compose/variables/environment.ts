import { type Cursor, fail, notice, within } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import { MAX_EXPANDED } from '../../yaml/extent.ts'
import { isNull, type MapNode, type Node, textAt, textNode, valueAt, withValue } from '../../yaml/node.ts'
import { entriesBelow } from '../below.ts'
import { asMap, changeAt, changeEach } from '../edit.ts'
import { type Unset, WHERE_TO_SET } from './fill-in.ts'
import { type Lookup, metered } from './template.ts'
import { type ReadVariableFiles, variableFiles } from './variable-files.ts'

export interface Environment {
  files: Files
  variables: Lookup
  unset: Unset
}

/**
 * The model with `env_file` and `label_file` read, and values taken from variables where only a name is given
 * (Compose Specification §environment, §env_file, §label_file, §args, §Configs top-level element). The content of a
 * secret is never put into the model: of its variable only the name stays.
 */
export function resolveEnvironment(at: Cursor, environment: Environment): MapNode {
  const variables = metered(environment.variables, () =>
    fail(at, `has more than ${MAX_EXPANDED} bytes once the variables that it names are filled in`),
  )
  const resolving = { ...environment, variables, readFiles: variableFiles(environment) }
  for (const [, secret] of entriesBelow(at, 'secrets')) contentOf(secret, 'secret', resolving)
  const services = changeBelow(at, 'services', (service) => resolveService(service, resolving))
  return changeBelow({ ...at, node: services }, 'configs', (config) => resolveConfig(config, resolving))
}

interface Resolving extends Environment {
  readFiles: ReadVariableFiles
}

function changeBelow(at: Cursor, key: string, change: (inner: Cursor) => Node): MapNode {
  const inner = new Map(entriesBelow(at, key))
  return asMap(
    changeAt(at.node, key, (all) =>
      changeEach(all, (node, name) => {
        const cursor = inner.get(name)
        return cursor ? change(cursor) : node
      }),
    ),
  )
}

function resolveService(at: Cursor, { variables, readFiles }: Resolving): Node {
  if (at.node.kind !== 'map') return at.node
  const service = withGiven(at.node, variables)
  const outer: Lookup = (name) => variables(name) ?? textAt(service, 'environment', name)
  const environment = over(readFiles(at, 'env_file', outer), valueAt(service, 'environment'))
  const labels = over(readFiles(at, 'label_file', variables), valueAt(service, 'labels'))
  const resolved = withValue(withValue(service, 'environment', environment), 'labels', labels)
  return withValue(withValue(resolved, 'env_file', undefined), 'label_file', undefined)
}

/** The service with values for bare names: of `environment` one without a variable stays, of `build.args` it goes. */
function withGiven(service: MapNode, variables: Lookup): MapNode {
  const environment = changeAt(service, 'environment', (own) =>
    changeEach(own, (value, name) => given(value, name, variables) ?? value),
  )
  const build = (node: Node) =>
    changeAt(node, 'args', (args) => changeEach(args, (value, name) => given(value, name, variables)))
  return asMap(changeAt(environment, 'build', build))
}

/** A value, or in its absence that of the variable with its name; undefined when there is none either. */
export function given(value: Node, name: string, variables: Lookup): Node | undefined {
  if (!isNull(value) || value.tag === '!broken') return value
  const text = variables(name)
  return text === undefined ? undefined : textNode(value, text)
}

/** What files say, and over it what is written. */
function over(files: MapNode, written: Node | undefined): Node | undefined {
  if (files.entries.size === 0 || written?.tag === '!broken') return written
  if (written?.kind !== 'map') return files
  return { ...written, entries: new Map([...files.entries, ...written.entries]) }
}

function resolveConfig(at: Cursor, resolving: Resolving): Node {
  const content = contentOf(at, 'config', resolving)
  return content && at.node.kind === 'map' ? withValue(at.node, 'content', content) : at.node
}

/** The value of the variable that a secret or config is made of. */
function contentOf(at: Cursor, what: string, { variables, unset }: Resolving): Node | undefined {
  const name = textAt(at.node, 'environment')
  if (name === undefined) return undefined
  const text = variables(name)
  const inner = within(at, 'environment')
  if (text !== undefined) return textNode(inner.node, text)
  const message = `variable ${name} is not set, so the ${what} has no content`
  if (unset === 'error') return fail(inner, `${message}; ${WHERE_TO_SET}`)
  notice(inner, message)
  return undefined
}
