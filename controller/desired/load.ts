import { digest } from '../../schemas/canonical.ts'
import { messageOf } from '../../schemas/error.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { SourceTree } from '../../schemas/source.ts'
import { LAST_NAME } from './compose/variables/project-name.ts'
import { discover, type StackFile } from './discover.ts'
import { filesOf } from './files.ts'
import { type LoadedImage, loadImage } from './image/image-spec.ts'
import { catalogOf, identityOf, indexImages } from './image/images.ts'
import { createMemo, type Memo } from './memo.ts'
import { otherPaths } from './other-paths.ts'
import { errorIn, noticeAt, tidy } from './report.ts'
import { type LoadedStack, loadStack } from './stack.ts'
import { hasFolder } from './tree-paths.ts'

export type { LoadedStack } from './stack.ts'

export interface LoadOptions {
  /** The settings of the source: they win over `x-setpoint.variables`, and those over `.env`. */
  variables: Record<string, string>
  /** A folder of the source; empty for all of it. */
  directory: string
  /** The name of a stack in the root folder whose file gives none, such as the repository's; without it `name:` is needed. */
  rootName?: string
  /** The path of the one stack file to load, whatever else there is; without it all are. */
  only?: string
}

export interface Loaded {
  revision: string
  /** By file. Two of one name are both refused. */
  stacks: LoadedStack[]
  /** Of no stack: a folder that is not there, and what is wrong with an image spec, used or not. */
  problems: Problem[]
}

export type Load = (tree: SourceTree, options: LoadOptions) => Loaded

/**
 * All stacks of a source at a revision. Pure; never throws: whatever is wrong is a problem of its stack, and one
 * bad stack stops no other.
 */
export function load(tree: SourceTree, options: LoadOptions): Loaded {
  return createLoader()(tree, options)
}

/** A `load` that keeps what it made of a stack until one of the files that went into it changes. */
export function createLoader(): Load {
  const images = createMemo<LoadedImage>()
  const stacks = createMemo<LoadedStack>()
  return (tree, options) => {
    const found = discover(tree, { directory: options.directory, rootName: options.rootName ?? '' })
    const files = found.stacks.filter(({ path }) => options.only === undefined || path === options.only)
    images.keepOnly(found.images)
    stacks.keepOnly(files.map(({ path }) => path))
    const loadedImages = withinRoom(found.images, (path) => rememberImage(images, path, tree))
    const index = indexImages(loadedImages)
    const settings = digest(options.variables)
    const loaded = files.map((file) =>
      rememberStack(stacks, file, { tree, index, settings, variables: options.variables }),
    )
    return {
      revision: tree.revision,
      stacks: tellIncluded(refuseSameNames(loaded)),
      problems: tidy([
        ...missingFolder(tree, options.directory),
        ...[...index.values()].flatMap((one) => one.problems),
      ]),
    }
  }
}

/** Bytes of the files of all image specs of a source: each keeps its own copy. */
const MAX_SOURCE_IMAGE_BYTES = 64 * 1024 * 1024

/** The image specs as long as there is room for their files; the rest is not read, with a problem. */
function withinRoom(paths: string[], read: (path: string) => LoadedImage): LoadedImage[] {
  let bytes = 0
  return paths.map((path) => {
    if (bytes > MAX_SOURCE_IMAGE_BYTES) return withoutSpec(path, errorIn(path, NO_ROOM))
    const image = read(path)
    for (const { content } of image.spec?.files ?? []) bytes += content.length
    return image
  })
}

const NO_ROOM = `the image specs before this one have more than ${MAX_SOURCE_IMAGE_BYTES} bytes of files; put large content into base images`

function withoutSpec(path: string, problem: Problem): LoadedImage {
  return { name: path, path, spec: null, reference: '', problems: [{ ...problem, file: path }] }
}

function rememberImage(memo: Memo<LoadedImage>, path: string, tree: SourceTree): LoadedImage {
  return memo.recall(path, {
    isFresh: (inputs) => sameFiles(inputs.files, tree),
    make: () => {
      const files = filesOf(tree)
      const value = guarded(
        () => loadImage(path, files),
        (problem) => withoutSpec(path, problem),
      )
      return { value, inputs: { files: files.seen, images: new Map(), key: '' } }
    },
  })
}

interface StackContext {
  tree: SourceTree
  index: Map<string, LoadedImage>
  settings: string
  variables: Record<string, string>
}

function rememberStack(memo: Memo<LoadedStack>, file: StackFile, context: StackContext): LoadedStack {
  const { tree, index, settings, variables } = context
  const key = JSON.stringify([file, settings])
  return memo.recall(file.path, {
    isFresh: (inputs) =>
      inputs.key === key && sameFiles(inputs.files, tree) && sameImages(inputs.images, index),
    make: () => {
      const files = filesOf(tree)
      const catalog = catalogOf(index)
      const value = guarded(
        () => loadStack(file, { files, catalog, variables }),
        (problem): LoadedStack => ({
          name: file.fallback || LAST_NAME,
          file: file.path,
          spec: null,
          problems: [{ ...problem, file: file.path }],
          guessed: true,
          included: [],
        }),
      )
      return { value, inputs: { files: files.seen, images: catalog.asked, key } }
    },
  })
}

/** The last guard of "one bad stack stops no other": what nobody foresaw becomes a problem too. */
function guarded<T>(make: () => T, refused: (problem: Problem) => T): T {
  try {
    return make()
  } catch (error) {
    const reason = messageOf(error)
    return refused(
      errorIn('', `Setpoint could not read this file (a defect of Setpoint, please report it): ${reason}`),
    )
  }
}

function sameFiles(seen: Map<string, string | undefined>, tree: SourceTree): boolean {
  const now = filesOf(tree)
  return [...seen].every(([path, identity]) => now.identity(path) === identity)
}

function sameImages(asked: Map<string, string | undefined>, index: Map<string, LoadedImage>): boolean {
  return [...asked].every(([name, identity]) => {
    const image = index.get(name)
    return (image && identityOf(image)) === identity
  })
}

function refuseSameNames(stacks: LoadedStack[]): LoadedStack[] {
  const groups = Map.groupBy(stacks, ({ name }) => name)
  const byName = new Map([...groups].map(([name, same]) => [name, same.map(({ file }) => file)]))
  return stacks.map((stack) => {
    const same = byName.get(stack.name) ?? []
    if (same.length === 1) return stack
    const others = otherPaths(stack.file, same)
    const problem = errorIn(
      stack.file,
      `the stack ${stack.name} is also declared by ${others}; give one another name`,
    )
    return { ...stack, spec: null, problems: tidy([...stack.problems, problem]) }
  })
}

/** Tells of a stack that runs twice, by itself and as a part of another. */
function tellIncluded(stacks: LoadedStack[]): LoadedStack[] {
  const includers = new Map(stacks.flatMap((stack) => stack.included.map((path) => [path, stack.file])))
  return stacks.map((stack) => {
    const includer = includers.get(stack.file)
    if (includer === undefined) return stack
    const message = `${includer} includes this file too, so its services run in both stacks; where that is not meant, give it a name that makes no stack, such as services.yaml`
    const problem = noticeAt({ file: stack.file, line: 0, column: 0 }, '', message)
    return { ...stack, problems: tidy([...stack.problems, problem]) }
  })
}

function missingFolder(tree: SourceTree, directory: string): Problem[] {
  const folder = directory
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
  if (folder === '' || hasFolder(tree, folder)) return []
  return [errorIn(folder, 'the source has no such folder')]
}
