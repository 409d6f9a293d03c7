import type { Problem } from '../../../../schemas/problem.ts'
import { decodeText } from '../../decode-text.ts'
import { type Files, notRead } from '../../files.ts'
import { type Parsed, parse } from '../../yaml/parse.ts'

/** Reads YAML files, each parsed once. */
export interface Reader {
  /** A file that cannot be read has its problem in `problems`, as one that cannot be parsed has. */
  read(path: string): Parsed
}

export function createReader(files: Files): Reader {
  const known = new Map<string, Parsed>()
  return {
    read(path) {
      const parsed = known.get(path) ?? parseFile(path, files)
      known.set(path, parsed)
      return parsed
    },
  }
}

function parseFile(path: string, files: Files): Parsed {
  const found = files.read(path)
  if ('problem' in found) return unreadable([notRead(path, found)])
  const decoded = decodeText(path, found.bytes)
  return 'problem' in decoded ? unreadable([decoded.problem]) : parse(path, decoded.text)
}

function unreadable(problems: Problem[]): Parsed {
  return { documents: [], isBroken: true, problems }
}
