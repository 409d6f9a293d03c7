import { posix } from 'node:path'
import type { SourceTree } from '../../schemas/source.ts'
import { COMPOSE_FILES, OVERRIDE_FILES } from './compose/file-names.ts'
import { normaliseName } from './compose/variables/project-name.ts'
import { plainPath } from './files/plain-path.ts'
import { sortedPaths } from './files/tree-paths.ts'
import { compare } from './order.ts'

/** A file that declares a stack. */
export interface StackFile {
  path: string
  /** The stack's folder, where its `.env` stands; empty for the root. */
  folder: string
  /** The name where the file gives none; empty where there is nothing to take it from. */
  fallback: string
  /** Merged over it: `compose.override.yaml` beside a compose file (Compose CLI, §Specifying multiple files). */
  overrides: string[]
  /** The folder is the stack, so that its `.env` may name the files (`COMPOSE_FILE`); else only this file is. */
  isFolder: boolean
  /** Files beside it that could be meant in its place, and that are not read. */
  others: string[]
}

export interface Discovered {
  stacks: StackFile[]
  /** Paths of image specs. */
  images: string[]
}

export interface Scope {
  /** A folder of the source; empty for all of it. */
  directory: string
  /** The name of a stack in the root folder of the source whose file gives none. */
  rootName: string
}

const STACK_FILE = /^(.+)\.stack\.ya?ml$/
const IMAGE_FILE = /^.+\.image\.ya?ml$/

/**
 * The stacks and image specs of a tree (docs/stack-files.md): a folder with a compose file, `NAME.stack.yaml`, `NAME.image.yaml`.
 * Folders whose name starts with a dot, and `node_modules`, are not looked into.
 */
export function discover(tree: SourceTree, { directory, rootName }: Scope): Discovered {
  const prefix = plainPath(directory)
  const stacks: StackFile[] = []
  const images: string[] = []
  const folders = new Map<string, Set<string>>()
  for (const path of sortedPaths(tree)) {
    if (!isInside(path, prefix)) continue
    const { dir: folder, base } = posix.parse(path)
    const stack = STACK_FILE.exec(base)?.[1]
    if (stack !== undefined) stacks.push(stackAlone(path, folder, stack))
    else if (IMAGE_FILE.test(base)) images.push(path)
    else if (COMPOSE_FILES.includes(base) || OVERRIDE_FILES.includes(base)) {
      folders.set(folder, (folders.get(folder) ?? new Set()).add(base))
    }
  }
  for (const [folder, names] of folders) {
    const chosen = COMPOSE_FILES.find((name) => names.has(name))
    if (!chosen) continue
    const fallback = normaliseName(folder === '' ? rootName : posix.basename(folder))
    stacks.push(stackIn(folder, { chosen, names, fallback }))
  }
  return { stacks: stacks.sort((a, b) => compare(a.path, b.path)), images }
}

function stackAlone(path: string, folder: string, name: string): StackFile {
  return { path, folder, fallback: normaliseName(name), overrides: [], isFolder: false, others: [] }
}

interface InFolder {
  /** The compose file that is read. */
  chosen: string
  /** All files there that could be meant. */
  names: Set<string>
  fallback: string
}

function stackIn(folder: string, { chosen, names, fallback }: InFolder): StackFile {
  const override = OVERRIDE_FILES.find((name) => names.has(name))
  const others = [...names].filter((name) => name !== chosen && name !== override)
  const overrides = override === undefined ? [] : [posix.join(folder, override)]
  return { path: posix.join(folder, chosen), folder, fallback, overrides, isFolder: true, others }
}

function isInside(path: string, prefix: string): boolean {
  if (prefix !== '' && !path.startsWith(`${prefix}/`)) return false
  const below = prefix === '' ? path : path.slice(prefix.length + 1)
  return !below
    .split('/')
    .slice(0, -1)
    .some((part) => part.startsWith('.') || part === 'node_modules')
}
