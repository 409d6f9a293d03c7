import type { Problem } from '../../../schemas/problem.ts'
import { decodeText } from './decode-text.ts'
import { type Files, notRead } from './files.ts'

/** The text of a file of a tree, or why it cannot be read. */
export function readText(files: Files, path: string): { text: string } | { problem: Problem } {
  const found = files.read(path)
  return 'problem' in found ? { problem: notRead(path, found) } : decodeText(path, found.bytes)
}
