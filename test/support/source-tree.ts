import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { SourceTree } from '../../schemas/source.ts'

/** A folder of this machine as a source would have it. */
export function treeOf(folder: string): SourceTree {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = paths.map((path) => {
    const content = readFileSync(path)
    const executable = (statSync(path).mode & 0o111) !== 0
    const hash = createHash('sha256').update(content).digest('hex')
    const kind = executable ? ('executable' as const) : ('file' as const)
    return { path: relative(folder, path), size: content.length, kind, hash, content }
  })
  return { revision: 'worktree', files: new Map(files.map((file) => [file.path, file])) }
}
