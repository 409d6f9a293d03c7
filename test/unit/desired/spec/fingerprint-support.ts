import { loadProject } from '../../../../controller/desired/compose/project.ts'
import { cursorAt } from '../../../../controller/desired/cursor.ts'
import { filesOf } from '../../../../controller/desired/files/files.ts'
import { catalogOf, resolveImages } from '../../../../controller/desired/image/images.ts'
import { hasErrors } from '../../../../controller/desired/problems.ts'
import { build } from '../../../../controller/desired/spec/build.ts'
import { readContents } from '../../../../controller/desired/spec/contents/contents.ts'
import { readStack } from '../../../../controller/desired/spec/read-stack.ts'
import { aTree, type Content, shown } from '../support.ts'

export interface Options {
  /** By default `compose.yaml` alone. */
  compose?: string[]
  directory?: string
  variables?: Record<string, string>
}

/**
 * The fingerprints of the services of a project by name, also of what is refused where a stack is deployed, such as
 * configs: how they come to be must hold before they are honoured.
 */
export function fingerprintsOf(
  given: Record<string, Content> | string,
  { compose = ['compose.yaml'], directory = '', variables = {} }: Options = {},
): Record<string, string> {
  const tree = typeof given === 'string' ? { 'compose.yaml': given } : given
  const files = filesOf(aTree(tree))
  const lookup = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined)
  const { project, problems } = loadProject({
    ...{ files, compose, directory, variables: lookup, name: 'shop', unset: 'error', profiles: [] },
  })
  if (!project || hasErrors(problems)) throw new Error(`not accepted: ${problems.map(shown).join('\n')}`)
  const at = cursorAt(project.model, [])
  const secrets = { key: Buffer.from('of the controller'), externals: new Map() }
  const draft = readStack(at)
  const images = resolveImages(draft, catalogOf(new Map()))
  const { mounts: contents, profiles } = readContents(at, { files, variables: lookup, secrets })
  const { services } = build({ name: project.name, draft, images, contents, profiles })
  return Object.fromEntries(services.map(({ name, fingerprint }) => [name, fingerprint]))
}

/** The fingerprint of the service `a`. */
export function fingerprintOf(given: Record<string, Content> | string, options: Options = {}): string {
  const found = fingerprintsOf(given, options).a
  if (found === undefined) throw new Error('there is no service a')
  return found
}
