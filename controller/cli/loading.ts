import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { Loaded } from '../desired/load.ts'
import type { Source } from '../git/source.ts'
import { readVariables } from './variables-files.ts'

/** What a path on disk declares, as it lies there, committed or not; with paths as seen from the working folder. */
export interface LoadedPath {
  stacks: Loaded['stacks']
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
  const [{ openDirectory }, { load }] = await Promise.all([
    import('../git/directory.ts'),
    import('../desired/load.ts'),
  ])
  const place = await placeOf(path)
  const source = openDirectory({ name: path, path: place.root, directory: '', log: SILENT })
  const tree = await readHead(source)
  const [settings = {}] = await readVariables(variables, [source.name])
  const loaded = load(tree, {
    variables: settings,
    directory: place.directory,
    rootName: basename(place.root),
  })
  const inside = place.directory === '' ? '' : `${place.directory}/`
  const isMeant = (file: string) => (place.file === undefined ? file.startsWith(inside) : file === place.file)
  const stacks = loaded.stacks.filter(({ file }) => isMeant(file))
  const problems = [
    ...loaded.problems.filter(({ file }) => isMeant(file)),
    ...stacks.flatMap((stack) => stack.problems),
  ]
  const declares = stacks.length > 0 || [...tree.files.keys()].some((file) => isImage(file) && isMeant(file))
  if (!declares) throw nothingThere(path)
  return {
    stacks: stacks.map((stack) => ({ ...stack, file: seenFromHere(stack.file, place.root) })),
    problems: problems.map((problem) => fromHere(problem, place.root)),
  }
}

/**
 * Loads what sources declare at their head, as a controller would.
 * @throws SetpointError SOURCE_… or USAGE
 */
export async function loadSources(texts: string[], variables: readonly string[] = []): Promise<Loaded[]> {
  const [{ parseSource }, { openSources }, { nameSources, rootStackName }, { load }] = await Promise.all([
    import('../git/source-argument.ts'),
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
  /** From `root`. */
  directory: string
  /** From `root`, when one file is meant. */
  file?: string
}

async function placeOf(path: string): Promise<Place> {
  const real = await realpath(resolve(path)).catch((cause: unknown) => {
    throw new SetpointError('USAGE', `There is no ${path}.`, { cause })
  })
  const isFile = (await stat(real)).isFile()
  const folder = isFile ? dirname(real) : real
  const root = repositoryAround(folder) ?? folder
  return { root, directory: relative(root, folder), ...(isFile ? { file: relative(root, real) } : {}) }
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

function isImage(file: string): boolean {
  return /\.image\.ya?ml$/.test(file)
}

/** The problem with its files, those in its messages too where they are below, as an editor started here finds them. */
function fromHere({ related, ...problem }: Problem, root: string): Problem {
  const folder = relative(root, process.cwd())
  const shortened = (word: string) => (word.startsWith(`${folder}/`) ? word.slice(folder.length + 1) : word)
  const here = <T extends { file: string; message: string }>(place: T): T => ({
    ...place,
    file: seenFromHere(place.file, root),
    message: folder === '' ? place.message : place.message.replace(/[^\s"'(),;]+/g, shortened),
  })
  return { ...here(problem), ...(related && { related: related.map(here) }) }
}

function seenFromHere(file: string, root: string): string {
  return relative(process.cwd(), join(root, file)) || file
}

function nothingThere(path: string): SetpointError {
  return new SetpointError('USAGE', `${path} declares no stack.`, {
    hint: 'A stack is a folder with a compose.yaml, or a file NAME.stack.yaml; an image is a file NAME.image.yaml. What they include or extend is checked with them.',
  })
}
