import { messageOf } from '../../schemas/error.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { SourceTree } from '../../schemas/source.ts'
import { LAST_NAME } from './compose/variables/project-name.ts'
import type { StackFile } from './discover.ts'
import { filesOf } from './files/files.ts'
import { type LoadedImage, loadImage, withoutSpec } from './image/image-spec.ts'
import { catalogOf, identityOf } from './image/images.ts'
import type { Memo } from './memo.ts'
import { errorIn } from './problems.ts'
import { type LoadedStack, loadStack, type StackInputs } from './stack.ts'

/** An image spec of a tree, made anew only when a file of it has changed. */
export function rememberImage(memo: Memo<LoadedImage>, path: string, tree: SourceTree): LoadedImage {
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

export interface StackContext {
  tree: SourceTree
  index: Map<string, LoadedImage>
  /** What tells two sets of variables apart. */
  settings: string
  variables: Record<string, string>
  externals?: StackInputs['externals']
  secrets?: StackInputs['secrets']
}

/** A stack of a tree, made anew only when one of its files, its images or the settings has changed. */
export function rememberStack(memo: Memo<LoadedStack>, file: StackFile, context: StackContext): LoadedStack {
  const { tree, index, settings, variables, externals, secrets } = context
  const key = JSON.stringify([file, settings])
  return memo.recall(file.path, {
    isFresh: (inputs) =>
      inputs.key === key && sameFiles(inputs.files, tree) && sameImages(inputs.images, index),
    make: () => {
      const files = filesOf(tree)
      const catalog = catalogOf(index)
      const value = guarded(
        () => loadStack(file, { files, catalog, variables, externals, secrets }),
        (problem): LoadedStack => ({
          name: file.fallback || LAST_NAME,
          file: file.path,
          spec: null,
          problems: [{ ...problem, file: file.path }],
          guessed: true,
          included: [],
          contents: new Map(),
          secrets: new Map(),
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
