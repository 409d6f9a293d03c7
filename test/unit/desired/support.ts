import { createHash } from 'node:crypto'
import { type Loaded, type LoadOptions, load } from '../../../controller/desired/load.ts'
import { formatProblem, type Problem } from '../../../schemas/problem.ts'
import type { SourceFile, SourceTree } from '../../../schemas/source.ts'
import type { ServiceSpec, StackSpec } from '../../../schemas/stack.ts'

/** What stands in a tree: content as text or bytes, a symlink, or a file that was too large to read. */
export type Content = string | Buffer | { link: string } | { executable: string } | { tooLarge: number }

export function aTree(files: Record<string, Content>, revision = 'r1'): SourceTree {
  return { revision, files: new Map(Object.entries(files).map(([path, what]) => [path, aFile(path, what)])) }
}

function aFile(path: string, what: Content): SourceFile {
  if (typeof what === 'object' && 'tooLarge' in what) {
    return { path, size: what.tooLarge, kind: 'file', hash: `large-${what.tooLarge}`, content: null }
  }
  const isFile = typeof what === 'string' || Buffer.isBuffer(what)
  const text = isFile ? what : 'link' in what ? what.link : what.executable
  const kind = isFile ? 'file' : 'link' in what ? 'symlink' : 'executable'
  const content = typeof text === 'string' ? Buffer.from(text) : text
  const hash = createHash('sha1').update(content).digest('hex')
  return { path, size: content.length, kind, hash, content }
}

export function loadFiles(files: Record<string, Content>, options: Partial<LoadOptions> = {}): Loaded {
  return load(aTree(files), { variables: {}, directory: '', ...options })
}

/** The problems of `web/compose.yaml`, as people read them; notices start with `notice`. */
export function problemsOf(compose: string, more: Record<string, Content> = {}): string[] {
  const { stacks } = loadFiles({ 'web/compose.yaml': compose, ...more })
  return (stacks[0]?.problems ?? []).map(shown)
}

/** A problem as people read it; a notice starts with `notice`. */
export function shown(problem: Problem): string {
  return `${problem.severity === 'notice' ? 'notice ' : ''}${formatProblem(problem)}`
}

/** The spec of `web/compose.yaml`, which must have no error. */
export function specOf(compose: string, more: Record<string, Content> = {}): StackSpec {
  const [stack] = loadFiles({ 'web/compose.yaml': compose, ...more }).stacks
  if (!stack?.spec) throw new Error(`not accepted: ${stack?.problems.map(shown).join('\n')}`)
  return stack.spec
}

/** The service `a` with the lines given, on an image. */
export function serviceOf(lines: string, rest = ''): ServiceSpec {
  const spec = specOf(aService(lines, rest))
  const service = spec.services.find(({ name }) => name === 'a')
  if (!service) throw new Error('there is no service a')
  return service
}

/** A compose file whose service `a` has the lines given from line 4 on. */
export function aService(lines: string, rest = ''): string {
  const indented = lines.split('\n').map((line) => `    ${line}`)
  return `services:\n  a:\n    image: busybox\n${indented.join('\n')}\n${rest}`
}
