import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { ImageSource } from '../../schemas/image.ts'
import type { Log } from '../../schemas/log.ts'
import type { Paths } from '../paths.ts'
import { createBuild } from './build.ts'
import { buildahIn } from './buildah.ts'
import type { Images, ResolvedImage } from './images.ts'
import { createPull } from './pull.ts'
import { createRoots } from './roots.ts'
import { shared } from './shared.ts'
import { createStorage } from './storage.ts'

export interface ImagesOptions {
  paths: Paths
  log: Log
  /** Where containers-storage is; absent: the host's own. */
  storageRoot?: string
  storageRun?: string
  /** Registry credentials, as `buildah login` writes them. */
  authFile?: string
  /** Milliseconds before each further attempt of a pull. */
  backOff?: number[]
  /** Milliseconds for which an image that was asked for is not released. */
  grace?: number
}

/** buildah itself tries three times when a connection fails; this is for registries that are busy or restarting. */
const BACK_OFF = [1_000, 4_000]
/** A task that is being prepared has its image, and is not in anybody's list yet. */
const GRACE = 5 * 60_000

/** Images by buildah and containers-storage. */
export async function createImages(options: ImagesOptions): Promise<Images> {
  const { paths, log, authFile, backOff = BACK_OFF, grace = GRACE } = options
  const buildah = buildahIn(options)
  const storage = createStorage(buildah)
  const roots = createRoots({ buildah, instance: paths.instance, folder: join(paths.state, 'images') })
  const pull = createPull({ buildah, authFile, log, backOff })
  const build = createBuild({ buildah, paths, log, ensure: (reference) => present(missing(reference)) })
  const fetching = shared<string>()
  const asked = new Map<string, number>()

  /** The id of the image, which is then in the storage. */
  async function present(source: ImageSource): Promise<string> {
    const { reference, pull: policy, spec } = source
    const id = policy === 'always' && !spec ? undefined : await storage.find(reference)
    if (id !== undefined) return id
    if (!spec && policy === 'never') throw notHere(reference, '`pull_policy: never` forbids to pull it')
    if (!spec && isLocal(reference)) throw notHere(reference, '`localhost/` is no registry to pull it from')
    return fetching(reference, () => fetch(source))
  }

  async function fetch({ reference, spec }: ImageSource): Promise<string> {
    if (spec) await build(reference, spec)
    else await pull(reference)
    const id = await storage.find(reference)
    if (id === undefined) throw notHere(reference, 'it was fetched, and somebody has removed it since')
    return id
  }

  return {
    async resolve(source): Promise<ResolvedImage> {
      const id = await present(source)
      asked.set(id, Date.now())
      return { ...(await roots.mount(id)), reference: source.reference }
    },
    async release(inUse) {
      for (const id of await roots.list()) {
        if (inUse.has(id) || Date.now() - (asked.get(id) ?? 0) < grace) continue
        await roots.unmount(id)
        asked.delete(id)
        log.info({ image: id }, 'image released: no task uses it')
      }
    },
  }
}

function missing(reference: string): ImageSource {
  return { reference, pull: 'missing' }
}

function isLocal(reference: string): boolean {
  return reference.startsWith('localhost/')
}

function notHere(reference: string, why: string): SetpointError {
  return new SetpointError('IMAGE_NOT_FOUND', `${reference} is not on this host, and ${why}`, {
    hint: 'Pull or build it on the host, or change `image` or `pull_policy` in the stack file.',
  })
}
