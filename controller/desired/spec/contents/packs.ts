import { messageOf } from '../../../../schemas/error.ts'
import { type PackEntry, packChunks, packDigest, packEntries } from '../../../../schemas/pack.ts'
import { MAX_FILE_BYTES, type SourceFile } from '../../../../schemas/source.ts'
import type { Files } from '../../files/files.ts'
import type { Folder } from '../../files/tree-paths.ts'

/** Content that can be delivered, by the digest of its pack. */
export interface Packed {
  digest: string
  entries: PackEntry[]
}

export type Packing = Packed | { problem: string }

/** One file that holds a text. */
export function packText(text: string | Buffer): Packing {
  return pack([{ path: '', kind: 'file', content: Buffer.from(text) }])
}

/** A file of the repository. */
export function packFile(path: string, files: Files): Packing {
  const found = files.read(path)
  if ('problem' in found) return files.list(path) ? { problem: `${path} is a folder` } : found
  return packOf(found.file, () => [entryOf(found.file, '')])
}

/**
 * A folder of the repository with all that is in it.
 * @param more what it lacks
 */
export function packFolder(folder: Folder, more: PackEntry[] = []): Packing {
  const large = folder.files.find(({ content }) => content === null)
  if (large)
    return { problem: `${large.path} has ${large.size} bytes; at most ${MAX_FILE_BYTES} are delivered` }
  const entries = () => folder.files.map((file) => entryOf(file, file.path.slice(folder.prefix.length)))
  const which = more.map(({ path, kind }) => `${kind} ${path}`).sort()
  return packOf(folder, () => [...entries(), ...more], which.join('\n'))
}

/** What many services mount is hashed once. */
function packOf(of: SourceFile | Folder, entries: () => PackEntry[], which = ''): Packing {
  const known = PACKS.get(of) ?? new Map<string, Packing>()
  PACKS.set(of, known)
  const packing = known.get(which) ?? pack(entries())
  known.set(which, packing)
  return packing
}

const PACKS = new WeakMap<SourceFile | Folder, Map<string, Packing>>()

function pack(unsorted: PackEntry[]): Packing {
  try {
    const entries = packEntries(unsorted)
    return { digest: packDigest(packChunks(entries)), entries }
  } catch (error) {
    return { problem: `it cannot be delivered: ${messageOf(error)}` }
  }
}

function entryOf({ kind, content }: SourceFile, path: string): PackEntry {
  return { path, kind, content: content ?? Buffer.alloc(0) }
}
