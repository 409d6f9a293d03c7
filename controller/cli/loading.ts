import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { Loaded } from '../desired/load.ts'
import type { Source } from '../git/source.ts'
import { readVariables } from './options/variables-files.ts'
import { seenFrom, sourcePathFrom } from './problem-paths.ts'

/** What a path on disk declares, as it lies there, committed or not; with paths as seen from the working folder. */
export interface LoadedPath {
  stacks: Loaded['stacks']
  /** The files of image specs. */
  images: string[]
  /** All of them, errors and notices. */
  problems: Problem[]
}

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/**
 * Loads the stacks of a folder, or the one file. References may lead as far as the repository does that holds it.
 * @throws SetpointError USAGE when there is no such path or it declares nothing
 */
export async function loadPath(path: string, variables: readonly string[] = []): Promise<LoadedPath> {
  const [{ openDirectory }, { load }, { discover }, { nameSources }, { parseSource }] = await Promise.all([
    import('../git/folder/directory.ts'),
    import('../desired/load.ts'),
    import('../desired/discover.ts'),
    import('../git/names.ts'),
    import('../git/location/source-argument.ts'),
  ])
  const place = await placeOf(path)
  const [name = ''] = nameSources([parseSource(place.root)])
  const source = openDirectory({ name, path: place.root, directory: '', log: SILENT })
  const tree = await readHead(source)
  const [settings = {}] = await readVariables(variables, [source.name])
  const loaded = load(tree, {
    variables: settings,
    directory: place.directory,
    rootName: basename(place.root),
    ...(place.isAlone && place.file !== undefined && { only: place.file }),
  })
  const inside = place.directory === '' ? '' : `${place.directory}/`
  const isMeant = (file: string) => (place.file === undefined ? file.startsWith(inside) : file === place.file)
  const stacks = loaded.stacks.filter(({ file }) => isMeant(file))
  const problems = [
    ...loaded.problems.filter(({ file }) => isMeant(file)),
    ...stacks.flatMap((stack) => stack.problems),
  ]
  const images = discover(tree, { directory: place.directory, rootName: '' }).images.filter(isMeant)
  if (stacks.length === 0 && images.length === 0) throw nothingThere(path, place)
  const view = { root: place.root, folder: process.cwd(), isPath: (text: string) => tree.files.has(text) }
  return {
    stacks: stacks.map((stack) => ({ ...stack, file: sourcePathFrom(view, stack.file) })),
    images: images.map((image) => sourcePathFrom(view, image)),
    problems: problems.map((problem) => seenFrom(problem, view)),
  }
}

/**
 * Loads what sources declare at their head, as a controller would.
 * @throws SetpointError SOURCE_… or USAGE
 */
export async function loadSources(texts: string[], variables: readonly string[] = []): Promise<Loaded[]> {
  const [{ parseSource }, { openSources }, { nameSources, rootStackName }, { load }] = await Promise.all([
    import('../git/location/source-argument.ts'),
    import('../git/open.ts'),
    import('../git/names.ts'),
    import('../desired/load.ts'),
  ])
  const options = texts.map((text) => parseSource(text))
  const settings = await readVariables(variables, nameSources(options))
  const cache = await mkdtemp(join(tmpdir(), 'setpoint-plan-'))
  try {
    const sources = openSources(options, { cache, log: SILENT })
    return await Promise.all(
      sources.map(async (source, at) => {
        const tree = await readHead(source)
        return load(tree, {
          variables: settings[at] ?? {},
          directory: '',
          rootName: rootStackName(options[at]),
        })
      }),
    )
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
}

interface Place {
  /** Absolute. */
  root: string
  /** Relative to `root`. */
  directory: string
  /** Relative to `root`; there when a single file is meant. */
  file?: string
  /** True outside of a repository, where what else lies in the folder has nothing to do with it. */
  isAlone: boolean
}

async function placeOf(path: string): Promise<Place> {
  const real = await realpath(resolve(path)).catch((cause: unknown) => {
    throw new SetpointError('USAGE', `There is no ${path}.`, { cause })
  })
  const isFile = (await stat(real)).isFile()
  const folder = isFile ? dirname(real) : real
  const repository = repositoryAround(folder)
  const root = repository ?? folder
  return {
    root,
    directory: relative(root, folder),
    isAlone: repository === undefined,
    ...(isFile && { file: relative(root, real) }),
  }
}

function repositoryAround(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : repositoryAround(parent)
}

async function readHead(source: Source) {
  try {
    return await source.read(await source.latest())
  } finally {
    await source.close()
  }
}

function nothingThere(path: string, { file }: Place): SetpointError {
  if (file === undefined) {
    return new SetpointError('USAGE', `${path} declares no stack.`, { hint: `A stack is ${STACKS}.` })
  }
  return new SetpointError('USAGE', `${path} is not called as a stack is, and would not be found.`, {
    hint: `Rename it to NAME.stack.yaml, or look at it with \`setpoint config -f ${path}\`. A stack is ${STACKS}. What they include or extend is checked with them.`,
  })
}

const STACKS =
  'a folder with compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml, or a file NAME.stack.yaml or .yml; an image is a file NAME.image.yaml'
