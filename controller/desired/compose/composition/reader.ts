import type { Files } from '../../files/files.ts'
import { readText } from '../../files/read-text.ts'
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
  const found = readText(files, path)
  if ('problem' in found) return { documents: [], isBroken: true, problems: [found.problem] }
  return parse(path, found.text)
}
