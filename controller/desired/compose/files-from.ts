import { digest } from '../../../schemas/canonical.ts'
import { MAX_FILE_BYTES, type SourceFile } from '../../../schemas/source.ts'
import { type Files, filesOf } from '../files.ts'

/**
 * Files that exist as values only.
 * @param texts path to content; paths have `/`, and neither begin with one nor lead out with `..`
 */
export function filesFrom(texts: Readonly<Record<string, string>>): Files {
  const files = Object.entries(texts).map(([path, text]) => [path, fileOf(path, text)] as const)
  return filesOf({ revision: '', files: new Map(files) })
}

function fileOf(path: string, text: string): SourceFile {
  const content = Buffer.from(text)
  const isRead = content.length <= MAX_FILE_BYTES
  return {
    ...{ path, size: content.length, kind: 'file', hash: digest(text) },
    content: isRead ? content : null,
  }
}
