import { createHash } from 'node:crypto'
import { digest } from '../../schemas/canonical.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { SourceTree } from '../../schemas/source.ts'
import { refuseSameNames, tellIncluded, tellOtherNetworks } from './across-stacks.ts'
import { discover } from './discover.ts'
import { plainPath } from './files/plain-path.ts'
import { hasFolder } from './files/tree-paths.ts'
import { type LoadedImage, withoutSpec } from './image/image-spec.ts'
import { indexImages } from './image/images.ts'
import { createMemo } from './memo.ts'
import { errorIn, tidy } from './problems.ts'
import { rememberImage, rememberStack } from './remembered.ts'
import type { SecretInputs } from './spec/contents/secrets.ts'
import type { LoadedStack } from './stack.ts'

export type { LoadedStack } from './stack.ts'

export interface LoadOptions {
  /** The settings of the source: they win over `x-setpoint.variables`, and those over `.env`. */
  variables: Record<string, string>
  /** A folder of the source; empty for all of it. */
  directory: string
  /** The name of a stack in the root folder whose file gives none, such as the repository's; without it `name:` is needed. */
  rootName?: string
  /** The external configs by name; without them, as offline, any is taken to be there. */
  externals?: ReadonlyMap<string, Buffer>
  /** What the controller knows of secrets; without it, as offline, those in the clear have no digest. */
  secrets?: SecretInputs
  /** The path of the one stack file to load, whatever else there is; without it all are. */
  only?: string
}

export interface Loaded {
  revision: string
  /** By file. Two of one name are both refused. */
  stacks: LoadedStack[]
  /** The problems that belong to no stack: a folder that is not there, and those of image specs, used or not. */
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
    const { variables, externals, secrets } = options
    const settings = digest([
      variables,
      externals && [...externals].map(([name, bytes]) => [name, sha256(bytes)]),
      secrets && [...secrets.externals],
    ])
    const loaded = files.map((file) =>
      rememberStack(stacks, file, { tree, index, settings, variables, externals, secrets }),
    )
    return {
      revision: tree.revision,
      stacks: tellOtherNetworks(tellIncluded(refuseSameNames(loaded))),
      problems: tidy([
        ...missingFolder(tree, options.directory),
        ...[...index.values()].flatMap((one) => one.problems),
      ]),
    }
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
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

function missingFolder(tree: SourceTree, directory: string): Problem[] {
  const folder = plainPath(directory)
  if (folder === '' || hasFolder(tree, folder)) return []
  return [errorIn(folder, 'the source has no such folder')]
}
