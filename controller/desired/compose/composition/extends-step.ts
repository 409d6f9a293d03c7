import { posix } from 'node:path'
import { type Cursor, fail, suggestion, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { type Origin, valueAt } from '../../yaml/node.ts'
import { folderOf, locateFile } from './file-reference.ts'
import { type Services, servicesIn } from './services.ts'

/** One service on the way from service to service that `extends` makes. */
export interface Step {
  services: Services
  name: string
  /** How its file came in, outermost first. */
  origins: readonly Origin[]
}

/** The step to the service that one extends, in the same file or the one that is named; undefined after a problem. */
export function nextStep(at: Cursor, from: Step, name: string): Step | undefined {
  const file = within(at, 'file')
  if (file.node === at.node) return { ...from, name }
  const path = locateFile(file, from.services.composing)
  if (path === undefined) return undefined
  const origins = [...from.origins, origin(at, from.name, `${name} of ${path}`)]
  const services = servicesAt(path, file, { ...from, origins })
  return services && { services, name, origins }
}

function servicesAt(path: string, at: Cursor, { services, origins }: Step): Services | undefined {
  const { composing } = services
  const known = composing.known.services.get(path)
  if (known) return known
  if (!composing.budget.takeFile(at)) return undefined
  const made = servicesIn(path, { ...composing, directory: folderOf(path) }, origins)
  if (made) composing.known.services.set(path, made)
  return made
}

/** How what is extended comes to stand where it is. */
export function originOf(at: Cursor, from: Step, next: Step): Origin {
  const isHere = from.services === next.services
  return origin(at, from.name, isHere ? next.name : `${next.name} of ${next.services.path}`)
}

function origin(at: Cursor, name: string, base: string): Origin {
  return { at: at.key, what: `services.${name} extends services.${base} here` }
}

export function failUnknownBase(at: Cursor, { name, services }: Step): undefined {
  const { names, path, earlier, composing } = services
  const near = suggestion(at, name, names())
  const other = valueAt(earlier, 'services', name)?.at.file
  const file = other && posix.relative(composing.directory, other)
  const advice = file
    ? `; name its file: {file: ${file}, service: ${name}}`
    : near
      ? `; did you mean ${near}?`
      : ''
  return fail(at, `there is no service ${name} in ${path}${advice}`, defined({ suggestion: near }))
}
