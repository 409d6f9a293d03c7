import { SetpointError } from '../../../schemas/error.ts'
import type { Project } from '../../desired/compose/project.ts'
import { nearest } from '../../desired/suggest.ts'
import { type MapNode, valueAt, withValue } from '../../desired/yaml/node.ts'

/**
 * The project with the named services and what they depend on; the whole of it where none is named.
 * @throws SetpointError USAGE for a service that there is not
 */
export function selectServices(project: Project, names: readonly string[]): Project {
  const services = valueAt(project.model, 'services')
  if (names.length === 0 || services?.kind !== 'map') return project
  for (const name of names) if (!services.entries.has(name)) throw noService(name, services)
  const wanted = withDependencies(names, services)
  const entries = new Map([...services.entries].filter(([name]) => wanted.has(name)))
  return { ...project, model: withValue(project.model, 'services', { ...services, entries }) }
}

function withDependencies(names: readonly string[], services: MapNode): Set<string> {
  const wanted = new Set(names)
  // A set goes on over what is added to it.
  for (const name of wanted) {
    const dependencies = valueAt(services, name, 'depends_on')
    if (dependencies?.kind === 'map') for (const other of dependencies.entries.keys()) wanted.add(other)
  }
  return wanted
}

function noService(name: string, services: MapNode): SetpointError {
  const near = nearest(name, services.entries.keys())
  return new SetpointError('USAGE', `The project has no service ${name}.`, {
    hint: near ? `Did you mean ${near}?` : `It has ${[...services.entries.keys()].join(', ')}.`,
  })
}
