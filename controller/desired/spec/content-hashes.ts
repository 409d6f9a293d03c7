import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { digest } from '../../../schemas/canonical.ts'
import type { Files } from '../files.ts'

/** Hashes of what services mount. What is mounted many times is hashed once. */
export interface ContentHashes {
  ofText: (text: string) => string
  /** Of a file of the repository; a problem where it cannot be read. */
  ofFile: (path: string) => { hash: string } | { problem: string }
  /** Of a folder, or else a file, of the repository: names, contents and who may run what. */
  ofFolder: (path: string) => string
}

/** The hashes of files of a repository, each made when it is first asked for. */
export function contentHashes(files: Files): ContentHashes {
  const ofFile = once((path) => {
    const found = files.read(path)
    return 'problem' in found ? found : { hash: sha256(found.bytes), kind: found.file.kind }
  })
  return {
    ofText: once((text) => sha256(Buffer.from(text))),
    ofFile,
    ofFolder: once((folder) => {
      const inside = files.list(folder)
      return digest((inside.length > 0 ? inside : ['']).map((name) => entry(folder, name)))
    }),
  }

  /** What cannot be read, as a file that is too large or a link to a folder, counts by what Git knows of it. */
  function entry(folder: string, name: string): string[] {
    const path = posix.join(folder, name)
    const found = ofFile(path)
    return 'problem' in found ? [name, files.identity(path) ?? ''] : [name, found.kind, found.hash]
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The function with what it gave kept by key. */
function once<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}
