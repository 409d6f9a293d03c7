/** open(2): a handle on a path, with which nothing is read or written. Node has no name for it. */
export const O_PATH = 0o10000000

/** Symbolic links that a walk along a path follows: as many as the kernel does (path_resolution(7)). */
export const MAX_LINKS = 40

/** The names on a path, one after the other: `/a/./b//c` → `a`, `b`, `c`. `..` is one of them. */
export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
