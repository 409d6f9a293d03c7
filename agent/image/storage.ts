import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { ImageSource } from '../../schemas/image.ts'
import { run, succeed } from '../runtime/exec.ts'
import type { Buildah } from './buildah.ts'
import { createIndexReader, matches, type StoredImage } from './index-file.ts'
import { hostPlatform, isOfPlatform } from './platform.ts'
import { digestOf, pullName } from './reference.ts'

/** Finds images in containers-storage. */
export interface Storage {
  /** The id of the image that the source means now; undefined when there is none. */
  find(source: ImageSource): Promise<string | undefined>
  list(): Promise<StoredImage[]>
  /** The folder of the images and layers. */
  root(): Promise<string>
}

/** What is not in the index by its full name (an additional image store) is left to buildah. */
export function createStorage(buildah: Buildah): Storage {
  const platforms = new Map<string, Promise<string>>()
  let place: Promise<Place> | undefined
  const list = createIndexReader(async () => (await placed()).index)

  function placed(): Promise<Place> {
    place ??= placeOf(buildah)
    place.catch(() => {
      place = undefined
    })
    return place
  }

  function platformOf(id: string): Promise<string> {
    const known = platforms.get(id) ?? askPlatform(buildah, id)
    platforms.set(id, known)
    known.catch(() => platforms.delete(id))
    return known
  }

  /** Several have one digest when images of more than one platform were pulled from one manifest list. */
  async function choose(found: StoredImage[], wanted: string | undefined): Promise<string | undefined> {
    if (wanted === undefined && found.length === 1) return found[0]?.id
    for (const { id } of found) {
      if (isOfPlatform(await platformOf(id), wanted ?? hostPlatform())) return id
    }
    return undefined
  }

  return {
    list,
    root: async () => (await placed()).root,
    async find(source) {
      const found = matches(await list(), source)
      if (found.length > 0) return choose(found, source.platform)
      return isFullTag(source.reference) && digestOf(source) === undefined
        ? undefined
        : ask(buildah, pullName(source))
    },
  }
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

async function askPlatform(buildah: Buildah, id: string): Promise<string> {
  const format = '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}/{{.OCIv1.Variant}}'
  return (await succeed(buildah('inspect', '--type', 'image', '--format', format, id))).trim()
}

interface Place {
  root: string
  index: string
}

async function placeOf(buildah: Buildah): Promise<Place> {
  const info = JSON.parse(await succeed(buildah('info')).catch(notInstalled)) as {
    store: { GraphRoot: string; GraphDriverName: string }
  }
  const { GraphRoot, GraphDriverName } = info.store
  return { root: GraphRoot, index: join(GraphRoot, `${GraphDriverName}-images`, 'images.json') }
}

function notInstalled(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new SetpointError('RUNTIME_MISSING', 'buildah is not installed on this host.', {
    hint: 'Install it: `apt-get install -y buildah`.',
    cause: error,
  })
}
