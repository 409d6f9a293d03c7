import { readFile, stat } from 'node:fs/promises'
import { digestOf, repositoryOf } from './reference.ts'

/** An image in containers-storage. */
export interface StoredImage {
  id: string
  /** The references it is known by: `registry/path:tag` and `registry/path@digest`. */
  names: string[]
  /** The digests of the manifests and manifest lists that it was pulled by. */
  digests: string[]
}

interface RawImage {
  id: string
  names?: string[] | null
  digest?: string
  'big-data-digests'?: Record<string, string> | null
}

/** The images in `images.json`, the index that containers-storage keeps. */
export function parseIndex(json: string): StoredImage[] {
  return (JSON.parse(json || '[]') as RawImage[]).map((raw) => {
    const manifests = Object.entries(raw['big-data-digests'] ?? {}).filter(([key]) =>
      key.startsWith('manifest'),
    )
    const digests = [
      ...(raw.digest === undefined ? [] : [raw.digest]),
      ...manifests.map(([, value]) => value),
    ]
    return { id: raw.id, names: raw.names ?? [], digests: [...new Set(digests)] }
  })
}

/** The images that a source may mean: by digest in the same repository, else by the whole name. */
export function matches(
  images: StoredImage[],
  source: { reference: string; digest?: string },
): StoredImage[] {
  const digest = digestOf({ pull: 'missing', ...source })
  if (digest === undefined) return images.filter(({ names }) => names.includes(source.reference))
  const repository = repositoryOf(source.reference)
  return images.filter(
    ({ names, digests }) =>
      digests.includes(digest) && names.some((name) => repositoryOf(name) === repository),
  )
}

/** Reads the index without starting anything, and only when it has changed: the file is replaced whole. */
export function createIndexReader(file: () => Promise<string>): () => Promise<StoredImage[]> {
  let known: { stamp: string; images: StoredImage[] } | undefined
  return async () => {
    const path = await file()
    const stamp = await stampOf(path)
    if (known?.stamp !== stamp) {
      known = { stamp, images: stamp === '' ? [] : parseIndex(await readFile(path, 'utf8')) }
    }
    return known.images
  }
}

/** Size, times and inode; empty when there is no such file. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(file, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join('.')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
