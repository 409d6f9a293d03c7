/** One file of a source at a revision, as a value. */
export interface SourceFile {
  /** Path inside the source, with `/`, never absolute and never with `..`. */
  path: string
  size: number
  kind: 'file' | 'executable' | 'symlink'
  /** Names the content: equal hashes, equal bytes. */
  hash: string
  /** The bytes (for a symlink: its target); null when the file is over MAX_FILE_BYTES and was not read. */
  content: Buffer | null
}

/** All files of a source at one revision. */
export interface SourceTree {
  revision: string
  files: Map<string, SourceFile>
}

/** The largest file that is read from a source, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024

/** The most files, and bytes in total, that a source may have. */
export const MAX_TREE_FILES = 50_000
export const MAX_TREE_BYTES = 64 * 1024 * 1024
