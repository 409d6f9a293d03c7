import { SetpointError } from '../../schemas/error.ts'
import { MAX_FILE_BYTES, MAX_TREE_BYTES, MAX_TREE_FILES, type SourceFile } from '../../schemas/source.ts'

/** A file of a tree whose content has not been read. */
export type Listed = Omit<SourceFile, 'content'>

/** Bytes of a listing after which it is not read further: MAX_TREE_FILES with long paths. */
export const MAX_LISTING_BYTES = MAX_TREE_FILES * 512

const KINDS: Record<string, SourceFile['kind']> = {
  '100644': 'file',
  '100664': 'file', // written by very old versions of git
  '100755': 'executable',
  '120000': 'symlink',
}

/**
 * The files in the output of `git ls-tree -r -z -l`, with paths relative to `directory`. Submodules are left out.
 * @throws SetpointError SOURCE_INVALID for a path that no checkout could have, SOURCE_TOO_LARGE; Error when an
 * object is missing from the database
 */
export function parseListing(output: string, directory: string, where: string): Listed[] {
  const prefix = directory === '' ? '' : `${directory}/`
  const records = output.split('\0').filter((record) => record !== '')
  const files = records.flatMap((record) => parseRecord(record, prefix, where))
  checkCaps(files, where)
  return files
}

/** True when its content is handed out; else it is only listed. */
export function isRead(file: Pick<SourceFile, 'size'>): boolean {
  return file.size <= MAX_FILE_BYTES
}

/**
 * @throws SetpointError SOURCE_TOO_LARGE for too many files, or too many bytes in those that would be read
 */
export function checkCaps(files: readonly Pick<SourceFile, 'size'>[], where: string): void {
  if (files.length > MAX_TREE_FILES) throw tooLarge(`${where} has more than ${MAX_TREE_FILES} files`)
  const bytes = files.reduce((sum, file) => sum + (isRead(file) ? file.size : 0), 0)
  if (bytes > MAX_TREE_BYTES) {
    throw tooLarge(
      `${where} has ${mebibytes(bytes)} MiB in files, more than ${mebibytes(MAX_TREE_BYTES)} MiB`,
    )
  }
}

export function tooLarge(what: string): SetpointError {
  return new SetpointError('SOURCE_TOO_LARGE', `${what}.`, {
    hint: 'Point the source at the folder that holds the stacks (URL#BRANCH:DIR), or keep large files elsewhere.',
  })
}

function parseRecord(record: string, prefix: string, where: string): Listed[] {
  const [, mode = '', type, hash = '', size, full = ''] =
    /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-|BAD)\t(.*)$/s.exec(record) ?? []
  if (type === 'commit') return []
  if (size === 'BAD') throw new Error(`git has no object ${hash} for ${full}`)
  const path = full.slice(prefix.length)
  const kind = KINDS[mode]
  if (type !== 'blob' || kind === undefined || !full.startsWith(prefix) || !isPlain(path)) {
    throw new SetpointError(
      'SOURCE_INVALID',
      `${where} has an entry that no checkout could have: ${JSON.stringify(full || record)}.`,
    )
  }
  return [{ path, size: Number(size), kind, hash }]
}

function isPlain(path: string): boolean {
  const parts = path.split('/')
  return parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024)
}
