import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { run, succeed } from '../runtime/exec.ts'
import type { Buildah } from './buildah.ts'

/** Finds images in containers-storage. */
export interface Storage {
  /** The id of the image that the reference names now; undefined when there is none. */
  find(reference: string): Promise<string | undefined>
}

interface Index {
  /** Size, times and inode of the index file: it is replaced whole, so equal stamps are equal content. */
  stamp: string
  ids: Map<string, string>
}

/**
 * Reads the index that containers-storage keeps of its images, without starting anything; what is not in it by its
 * full name (a digest, an additional image store) is left to buildah.
 */
export function createStorage(buildah: Buildah): Storage {
  let place: Promise<string> | undefined
  let index: Index | undefined

  async function current(): Promise<Index> {
    place ??= indexFile(buildah)
    place.catch(() => {
      place = undefined
    })
    const file = await place
    const stamp = await stampOf(file)
    if (index?.stamp !== stamp) index = { stamp, ids: stamp === '' ? new Map() : await readIndex(file) }
    return index
  }

  return {
    async find(reference) {
      const { ids } = await current()
      return ids.get(reference) ?? (isFullTag(reference) ? undefined : ask(buildah, reference))
    },
  }
}

/** The references and ids in `images.json`. */
export function parseIndex(json: string): Map<string, string> {
  const images = JSON.parse(json || '[]') as { id: string; names?: string[] | null }[]
  return new Map(images.flatMap(({ id, names }) => (names ?? []).map((name) => [name, id])))
}

/** `registry/path:tag`: a name that the index has as it stands when the image is there. */
function isFullTag(reference: string): boolean {
  const [domain = '', ...path] = reference.split('/')
  const isFull = path.length > 0 && (/[.:]/.test(domain) || domain === 'localhost')
  return isFull && !reference.includes('@') && (path.at(-1) ?? '').includes(':')
}

async function ask(buildah: Buildah, reference: string): Promise<string | undefined> {
  const argv = buildah('inspect', '--type', 'image', '--format', '{{.FromImageID}}', reference)
  const { exitCode, stdout } = await run(argv)
  return exitCode === 0 ? stdout.trim().replace(/^sha256:/, '') : undefined
}

async function indexFile(buildah: Buildah): Promise<string> {
  const info = JSON.parse(await succeed(buildah('info')).catch(notInstalled)) as {
    store: { GraphRoot: string; GraphDriverName: string }
  }
  return join(info.store.GraphRoot, `${info.store.GraphDriverName}-images`, 'images.json')
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(file, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join('.')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

async function readIndex(file: string): Promise<Map<string, string>> {
  return parseIndex(await readFile(file, 'utf8'))
}

function notInstalled(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new SetpointError('RUNTIME_MISSING', 'buildah is not installed on this host.', {
    hint: 'Install it: `apt-get install -y buildah`.',
    cause: error,
  })
}
