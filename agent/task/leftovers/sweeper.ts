import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { Task, TaskState } from '../../../schemas/task.ts'
import type { Clock } from '../../clock.ts'
import type { Contents } from '../../content/contents.ts'
import type { Images } from '../../image/images.ts'
import type { Secrets } from '../../secret/secrets.ts'
import type { InUse, Volumes } from '../../volume/volumes.ts'
import type { Entry } from '../entry.ts'

/** What tasks have left on the host and none needs any more: it is let go of, and no task is told or waits. */
export interface Sweeper {
  /** What an agent that was killed could not let go of may go. */
  atStart(): void
  /** A task is gone: what only that one has used may go. */
  afterTask(): void
  close(): void
}

interface SweeperOptions {
  /** The tasks of this host, now. */
  entries: () => Entry[]
  images: Images
  volumes: Volumes
  contents: Contents
  secrets: Secrets
  clock: Clock
  log: Log
}

/** Milliseconds; Images keeps what was asked for lately. */
const RELEASE_LATER = 10 * 60_000
/** The states of a task that will have an image soon, or waits for another one to make room. */
const ON_THE_WAY: TaskState[] = ['assigned', 'preparing']

/** Lets go of what the tasks given by `entries` do not need. */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { entries, images, volumes, contents, secrets, clock, log } = options
  let cancel: (() => void) | undefined

  /** By what tasks say, and not by what was prepared: one that is about to be prepared counts. */
  function inUse(): InUse {
    const mounts = entries().flatMap(({ task }) => task.container.mounts)
    const tasks = entries().map(({ task }) => task.id)
    return { volumes: new Set(mounts.map(({ source }) => source)), tasks: new Set(tasks) }
  }

  async function releaseContents(): Promise<void> {
    try {
      const isUsed = (digest: string) => entries().some(({ task }) => mountsContent(task, digest))
      await contents.release(isUsed)
      await secrets.release(isUsed, (id) => entries().some(({ task }) => task.id === id))
    } catch (error) {
      log.warn({ problem: messageOf(error) }, 'Content that no task uses could not be removed')
    }
  }

  /** Now, and once more when images that were in use until a moment ago may go too. */
  async function releaseImages(): Promise<void> {
    cancel?.()
    cancel = clock.after(RELEASE_LATER, () => void releaseUnused())
    await releaseUnused()
  }

  /** None while a task is on its way to its image: it may be any, and what is mounted for that one is not in use yet. */
  async function releaseUnused(): Promise<void> {
    try {
      await images.release((id) =>
        entries().some(
          ({ status, prepared }) => ON_THE_WAY.includes(status.state) || prepared?.image.id === id,
        ),
      )
    } catch (error) {
      log.warn({ problem: messageOf(error) }, 'Images that nobody uses could not be unmounted')
    }
  }

  return {
    atStart() {
      void volumes.release(inUse)
      void releaseContents()
    },
    afterTask() {
      void releaseImages()
      void volumes.release(inUse)
      void releaseContents()
    },
    close: () => cancel?.(),
  }
}

function mountsContent({ container }: Task, digest: string): boolean {
  return container.contents?.some((content) => content.digest === digest) ?? false
}
