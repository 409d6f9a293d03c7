import { posix } from 'node:path'
import { expect } from 'vitest'
import { projectJson, projectYaml } from '../../../controller/desired/compose/print/print.ts'
import { loadProject } from '../../../controller/desired/compose/project.ts'
import { type Files, filesOf } from '../../../controller/desired/files/files.ts'
import { load } from '../../../controller/desired/load.ts'
import { hasErrors, MAX_PROBLEMS, tidy } from '../../../controller/desired/problems.ts'
import type { Problem } from '../../../schemas/problem.ts'
import type { SourceFile, SourceTree } from '../../../schemas/source.ts'
import { StackSpec } from '../../../schemas/stack.ts'
import { checker } from '../../../schemas/validate.ts'
import { aTree, type Content } from '../../unit/desired/support.ts'

export type Tree = Record<string, Content>

/** The file that both ways in start from. */
export const ROOT = 'web/compose.yaml'

/** Loads a tree as stacks from Git and as a project that is printed, and holds all that comes out against the laws. */
export function expectSound(files: Tree): void {
  const tree = watched(aTree(files))
  expectSoundStacks(tree)
  expectSoundProject(tree)
}

const isStack = checker(StackSpec)

/** Laws 1 and 7: every stack has a spec, or problems that say why not. */
function expectSoundStacks(tree: SourceTree): void {
  const { stacks, problems } = load(tree, { variables: { HOME: '/root' }, directory: '' })
  expectSoundProblems(problems, tree)
  for (const { name, spec, problems } of stacks) {
    expect(name).not.toBe('')
    expect(spec === null).toBe(hasErrors(problems))
    if (spec) expect(isStack(JSON.parse(JSON.stringify(spec)))).toMatchObject({ ok: true })
    expectSoundProblems(problems, tree)
  }
}

function expectSoundProject(tree: SourceTree): void {
  for (const unset of ['blank', 'error'] as const) {
    const { project, problems } = loadProject({
      files: asked(filesOf(tree)),
      compose: [ROOT],
      directory: posix.dirname(ROOT),
      name: 'web',
      variables: (name) => (name === 'HOME' ? '/root' : undefined),
      unset,
      profiles: ['*'],
    })
    expectSoundProblems(tidy(problems), tree)
    if (!project) expect(hasErrors(problems)).toBe(true)
    if (!project || hasErrors(problems)) continue
    expect(JSON.stringify(projectJson(project))).toContain('"services"')
    expect(typeof projectYaml(project)).toBe('string')
  }
}

function expectSoundProblems(problems: Problem[], tree: SourceTree): void {
  expect(problems.length).toBeLessThanOrEqual(MAX_PROBLEMS + 1)
  expect(problems.filter((problem) => !isProblemSound(problem, tree))).toEqual([])
}

function isProblemSound(problem: Problem, tree: SourceTree): boolean {
  const { message, path, expected = '', found = '', suggestion = '', related = [] } = problem
  const texts = [message, path, expected, found, suggestion, ...related.map(({ message }) => message)]
  const isTold = message !== '' && !message.includes('defect of Setpoint')
  return isTold && texts.every(isShort) && [problem, ...related].every((place) => isInside(place, tree))
}

function isShort(text: string): boolean {
  return text.length <= 500 && !/\p{Cc}/u.test(text)
}

/** Line 0 is the file as a whole. */
function isInside(
  { file, line, column }: Pick<Problem, 'file' | 'line' | 'column'>,
  tree: SourceTree,
): boolean {
  if (line === 0) return file !== ''
  const text = tree.files.get(realPath(file, tree))?.content?.toString('utf8')
  const written = text?.split('\n')[line - 1]
  return written !== undefined && column >= 1 && column <= written.length + 1
}

/** The path behind symlinks. */
function realPath(path: string, tree: SourceTree): string {
  const found = filesOf(tree).read(path)
  return 'file' in found ? found.file.path : path
}

/** Law 10: the tree, of which only paths inside the checkout may be asked for. */
function watched(tree: SourceTree): SourceTree {
  return { ...tree, files: new Watched(tree.files) }
}

/** The same of what a project asks of its files, whoever keeps them. */
function asked(files: Files): Files {
  return { ...files, read: (path) => files.read(inside(path)), list: (path) => files.list(inside(path)) }
}

function inside(path: string): string {
  if (/^(\/|\.\.(\/|$))/.test(posix.normalize(path))) throw new Error(`${path} was asked for`)
  return path
}

class Watched extends Map<string, SourceFile> {
  override get(path: string): SourceFile | undefined {
    if (path !== '' && path !== posix.normalize(path)) throw new Error(`${path} was asked for`)
    return super.get(inside(path))
  }
}
