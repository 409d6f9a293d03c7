import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { load } from '../../controller/desired/load.ts'
import { isError, type Problem } from '../../schemas/problem.ts'
import type { SourceFile, SourceTree } from '../../schemas/source.ts'

/** Whether a file could be deployed as it is, as the one stack of its folder in a repository; and if not, why. */
export interface Deployed {
  id: string
  isAccepted: boolean
  /** Accepted once the repository has what its services mount: of that the corpus has next to nothing. */
  isAcceptedWithMounts: boolean
  errors: Problem[]
}

/**
 * @param file a compose file below the corpus: `dev/OWNER__REPOSITORY/path/name.yml`
 */
export function deploy(corpus: string, file: string): Deployed {
  const repository = file.split('/').slice(0, 2).join('/')
  const path = posix.relative(repository, file)
  const stack = posix.join(posix.dirname(path), 'compose.yaml')
  const tree = treeOf(join(corpus, repository))
  const content = readFileSync(join(corpus, file))
  for (const name of tree.files.keys()) if (isStack(name)) tree.files.delete(name)
  tree.files.set(stack, sourceFile(stack, content))
  const options = { variables: {}, directory: '', rootName: posix.basename(repository) }
  const loadOne = () => load({ ...tree }, options).stacks.find((one) => one.file === stack)
  const loaded = loadOne()
  const errors = (loaded?.problems ?? []).filter(isError)
  for (const { message } of errors) standIn(tree, message)
  return {
    id: file,
    isAccepted: (loaded?.spec ?? null) !== null,
    isAcceptedWithMounts: (loadOne()?.spec ?? null) !== null,
    errors,
  }
}

/** A folder for what is mounted and not there, a file for the file of a config. */
function standIn(tree: SourceTree, message: string): void {
  const mounted = /^the repository has no (.+?); for data/.exec(message)?.[1]
  const path = mounted === undefined ? /^there is no file (.+)$/.exec(message)?.[1] : `${mounted}/stand-in`
  if (path !== undefined) tree.files.set(path, sourceFile(path, Buffer.alloc(0)))
}

/** The other stacks of the repository are not asked for; `extends` and `include` may still need files of other names. */
function isStack(path: string): boolean {
  return /(^|\/)(docker-)?compose(\.override)?\.ya?ml$|\.stack\.ya?ml$/.test(path)
}

const trees = new Map<string, SourceTree>()

function treeOf(folder: string): SourceTree {
  const known = trees.get(folder) ?? readTree(folder)
  trees.set(folder, known)
  return { ...known, files: new Map(known.files) }
}

function readTree(folder: string): SourceTree {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(folder, join(entry.parentPath, entry.name)))
  const files = paths.map((path): [string, SourceFile] => [
    path,
    sourceFile(path, readFileSync(join(folder, path))),
  ])
  return { revision: 'corpus', files: new Map(files) }
}

function sourceFile(path: string, content: Buffer): SourceFile {
  const hash = createHash('sha1').update(content).digest('hex')
  return { path, size: content.length, kind: 'file', hash, content }
}
