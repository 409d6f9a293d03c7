import { join } from 'node:path'
import type { ImageSource } from '../../schemas/image.ts'
import type { Log } from '../../schemas/log.ts'
import { iso } from '../clock.ts'
import type { Paths } from '../paths.ts'
import { createBring } from './bring.ts'
import { createBuild, removeContainer } from './build/build.ts'
import { buildahIn } from './buildah.ts'
import { createCollector, type ImageUse } from './cleanup/collector.ts'
import { HOUSEKEEPING, type Housekeeping } from './cleanup/housekeeping.ts'
import { withFetched, withUse } from './cleanup/ledger.ts'
import { openLedger } from './cleanup/ledger-file.ts'
import { createTidier } from './cleanup/tidier.ts'
import type { Images, ResolvedImage } from './images.ts'
import { authFileAt } from './pull/auth-file.ts'
import { createPull } from './pull/pull.ts'
import { pullName } from './reference.ts'
import { createMovedRoots } from './roots/moved-roots.ts'
import { createRoots } from './roots/roots.ts'
import { clearScratch, scratchOf } from './scratch.ts'
import { createStorage } from './storage.ts'
import type { Caller } from './while-wanted.ts'

export interface ImagesOptions {
  paths: Paths
  log: Log
  /** Where containers-storage is; absent: the host's own. */
  storageRoot?: string
  storageRun?: string
  /** Registry credentials, as `buildah login` writes them; absent: `<state>/auth.json`. Need not be there. */
  authFile?: string
  /** Milliseconds before each further attempt of a pull. */
  backOff?: number[]
  /** Milliseconds without progress after which an attempt to pull is given up. */
  stall?: number
  /** Milliseconds for which an image that was asked for is not released. */
  grace?: number
  housekeeping?: Housekeeping
  /** Percent that is used of the file system that a path is on; absent: what it says itself. */
  usage?: (path: string) => Promise<number>
  /** Milliseconds since 1970. */
  now?: () => number
}

/** Images, and what keeps them from filling the disk. */
export interface ImageStore extends Images {
  /** Clears up now and then from here on, knowing what tasks use; the function given back ends that. */
  keepTidy(uses: () => ImageUse[]): () => void
  /** Clears up now. Resolves with how many images are gone. */
  tidy(): Promise<number>
  /** Resolves when all that is known of images is on disk. */
  saved(): Promise<void>
}

/** For networks and registries that fail for a moment; after it the task itself tries again, later and later. */
const BACK_OFF = [1_000, 4_000, 15_000]
/** A task that is being prepared has its image, and is not in anybody's list yet. */
const GRACE = 5 * 60_000

/** Images by buildah and containers-storage. */
export async function createImages(options: ImagesOptions): Promise<ImageStore> {
  const { paths, log, backOff = BACK_OFF, grace = GRACE, now = Date.now } = options
  const buildah = buildahIn(options)
  const storage = createStorage(buildah)
  const folder = join(paths.state, 'images')
  const roots = createRoots({ buildah, instance: paths.instance, folder })
  const movedRoots = createMovedRoots({ buildah, instance: paths.instance, folder: join(folder, 'moved') })
  const authFile = authFileAt(options.authFile ?? join(paths.state, 'auth.json'), log)
  const scratch = scratchOf('pull', paths.instance)
  const buildScratch = scratchOf('build', paths.instance)
  await clearScratch(scratch)
  await clearScratch(buildScratch, removeContainer(buildah, log))
  const pull = createPull({
    buildah,
    authFile,
    scratch,
    log,
    backOff,
    ...(options.stall && { stall: options.stall }),
  })
  const build = createBuild({ buildah, paths, scratch: buildScratch, log, ensure })
  const ledger = await openLedger(join(paths.state, 'image-ledger.json'), log)
  const collector = createCollector({
    buildah,
    storage,
    ledger,
    held,
    log,
    now,
    packages: join(paths.state, 'cache/debs'),
    ...(options.housekeeping ?? HOUSEKEEPING),
    ...(options.usage && { usage: options.usage }),
  })
  const tidier = createTidier({ collector, log })
  const bring = createBring({ storage, pull, build, whileFetching: tidier.whileFetching, onBrought })
  /** When an image was asked for last. */
  const asked = new Map<string, number>()

  /** The base of a build: used, though by no service. */
  async function ensure(reference: string, caller: Caller): Promise<void> {
    used(await bring({ reference, pull: 'missing' }, caller), undefined)
  }

  function used(id: string, service: string | undefined): void {
    ledger.change((known) => withUse(known, { id, service, now: iso(now()) }))
  }

  /** Another name for what is not the agent's own does not make it so. */
  function onBrought(id: string, source: ImageSource, isNew: boolean): void {
    const isOurs = isNew || ledger.read().ours[id] !== undefined
    if (isOurs) ledger.change((known) => withFetched(known, { id, name: pullName(source), now: iso(now()) }))
  }

  function isRecent(id: string): boolean {
    return now() - (asked.get(id) ?? 0) < grace
  }

  /** What is mounted, or was asked for a moment ago by a task that is not in any list yet. */
  async function held(): Promise<Set<string>> {
    return new Set([...(await roots.list()), ...[...asked.keys()].filter(isRecent)])
  }

  return {
    async resolve(source, caller = {}): Promise<ResolvedImage> {
      const id = await bring(source, caller)
      asked.set(id, now())
      used(id, caller.service)
      return { ...(await roots.mount(id)), reference: source.reference }
    },
    mountFor: movedRoots.mount,
    unmountFor: movedRoots.unmount,
    async release(inUse) {
      for (const id of await roots.list()) {
        if (!(await roots.unmount(id, () => !inUse(id) && !isRecent(id)))) continue
        if (!isRecent(id)) asked.delete(id)
        log.info({ image: id }, 'Image released: no task uses it')
      }
    },
    keepTidy: tidier.keepTidy,
    tidy: () => tidier.tidy(),
    saved: ledger.saved,
  }
}
