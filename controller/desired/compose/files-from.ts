import { posix } from 'node:path'
import { digest } from '../../../schemas/canonical.ts'
import { MAX_FILE_BYTES, type SourceFile } from '../../../schemas/source.ts'
import { type Files, type Found, filesOf } from '../files/files.ts'

/**
 * Files that exist as values only.
 * @param texts path to content; paths have `/`, and neither begin with one nor lead out with `..`
 */
export function filesFrom(texts: Readonly<Record<string, string>>): Files {
  const contents = new Map(Object.entries(texts).map(([path, text]) => [posix.normalize(path), text]))
  const tree = new Map([...contents].map(([path, text]) => [path, fileOf(path, String(text))]))
  const files = filesOf({ revision: '', files: tree })
  return { ...files, read: (path) => textOnly(files.read(path), path) }

  /** Callers without types may give anything. */
  function textOnly(found: Found, path: string): Found {
    if ('problem' in found || typeof contents.get(found.file.path) === 'string') return found
    return { problem: `the content of ${path} is no text; give it as a string`, missing: false }
  }
}

function fileOf(path: string, text: string): SourceFile {
  const content = Buffer.from(text)
  const isRead = content.length <= MAX_FILE_BYTES
  return {
    path,
    size: content.length,
    kind: 'file',
    hash: digest(text),
    content: isRead ? content : null,
  }
}
