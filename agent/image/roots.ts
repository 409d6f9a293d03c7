import { statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { ImageConfig } from '../../schemas/image.ts'
import { run, succeed } from '../runtime/exec.ts'
import { shared } from '../shared.ts'
import type { Buildah } from './buildah.ts'
import { parseInspect } from './config.ts'
import { diskFull, lastLines } from './failures.ts'

/** An image whose file system is mounted. */
export interface Root {
  id: string
  root: string
  config: ImageConfig
}

/** The mounted file systems of images: one for each, shared by all tasks. */
export interface Roots {
  mount(id: string): Promise<Root>
  /** The ids of all that were mounted and not taken away, over restarts. */
  list(): Promise<string[]>
  unmount(id: string): Promise<void>
}

interface RootsOptions {
  buildah: Buildah
  instance: string
  /** `<state>/images` */
  folder: string
}

/** What buildah says of a working container that is not there, or that somebody else is just removing. */
const GONE = /not known|not a container/

/** The read-only roots of images, each mounted once for all its tasks. */
export function createRoots({ buildah, instance, folder }: RootsOptions): Roots {
  const known = new Map<string, Root>()
  const once = shared<Root>()
  const onceAway = shared<void>()
  const file = (id: string): string => join(folder, `${id}.json`)
  /** The working container that holds the image: buildah removes no image that one is made from. */
  const holder = (id: string): string => `setpoint-${instance}-${id.slice(0, 12)}`

  async function make(id: string): Promise<Root> {
    const cached = known.get(id) ?? (await read(file(id)))
    if (cached && isMountPoint(cached.root)) return cached
    const [config] = await Promise.all([cached?.config ?? inspect(id), hold(id)])
    const root = (await succeedOrFull(buildah('mount', holder(id)), `mounting image ${id}`)).trim()
    const fresh = { id, root, config }
    await write(folder, file(id), fresh)
    return fresh
  }

  async function inspect(id: string): Promise<ImageConfig> {
    return parseInspect(await succeed(buildah('inspect', '--type', 'image', id))).config
  }

  async function hold(id: string): Promise<void> {
    const { exitCode, stderr } = await run(buildah('from', '--pull-never', '--name', holder(id), id))
    if (exitCode === 0 || stderr.includes('already in use')) return
    throw storageError(`holding image ${id}`, stderr)
  }

  return {
    mount: (id) => {
      const root = known.get(id)
      if (root && isMountPoint(root.root)) return Promise.resolve(root)
      return once(id, async () => {
        const fresh = await make(id)
        known.set(id, fresh)
        return fresh
      })
    },
    async list() {
      const names = await readdir(folder).catch(() => []) // none was ever mounted
      return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
    },
    unmount: (id) =>
      onceAway(id, async () => {
        known.delete(id)
        const { exitCode, stderr } = await run(buildah('rm', holder(id)))
        if (exitCode !== 0 && !GONE.test(stderr)) throw storageError(`letting go of image ${id}`, stderr)
        await rm(file(id), { force: true })
      }),
  }
}

/** A mounted overlay is another device than the folder it is mounted in. Cheaper than /proc/self/mountinfo. */
function isMountPoint(path: string): boolean {
  const [own, parent] = [path, dirname(path)].map(
    (folder) => statSync(folder, { throwIfNoEntry: false })?.dev,
  )
  return own !== undefined && own !== parent
}

async function succeedOrFull(argv: ReturnType<Buildah>, doing: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv)
  if (exitCode !== 0) throw storageError(doing, stderr)
  return stdout
}

function storageError(doing: string, stderr: string): SetpointError {
  const said = lastLines(stderr, 1)
  if (/no space left/i.test(stderr)) return diskFull(doing, said)
  return new SetpointError('IMAGE_PULL_FAILED', `${doing} failed in containers-storage: ${said}`)
}

async function read(path: string): Promise<Root | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Root
  } catch {
    return undefined // not mounted yet, or cut off by a crash: it is made anew
  }
}

async function write(folder: string, path: string, root: Root): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(`${path}.tmp`, JSON.stringify(root))
  await rename(`${path}.tmp`, path)
}
