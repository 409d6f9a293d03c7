import type { SourceTree } from '../../schemas/source.ts'
import { compare } from './order.ts'

/** The paths of a tree in order, in which those of a folder stand together; sorted once a tree. */
export function sortedPaths(tree: SourceTree): readonly string[] {
  const known = SORTED.get(tree)
  if (known) return known
  const sorted = [...tree.files.keys()].sort(compare)
  SORTED.set(tree, sorted)
  return sorted
}

const SORTED = new WeakMap<SourceTree, readonly string[]>()

/** The paths that begin with a prefix, such as `web/`, in order. */
export function pathsBelow(tree: SourceTree, prefix: string): string[] {
  const paths = sortedPaths(tree)
  const first = firstFrom(paths, prefix)
  let end = first
  while (paths[end]?.startsWith(prefix)) end++
  return paths.slice(first, end)
}

/** Whether a tree has a folder, which is there when a file is in it. */
export function hasFolder(tree: SourceTree, folder: string): boolean {
  const paths = sortedPaths(tree)
  return paths[firstFrom(paths, `${folder}/`)]?.startsWith(`${folder}/`) ?? false
}

/** The index of the first path that does not come before the one given. */
function firstFrom(paths: readonly string[], wanted: string): number {
  let [low, high] = [0, paths.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(paths[middle] ?? '', wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}
