import { createLimit, type Limit } from '../../../schemas/common/limit.ts'
import type { Healthcheck } from '../../../schemas/healthcheck.ts'
import { describePort } from '../../../schemas/port.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Contents } from '../../content/contents.ts'
import type { Images, ResolvedImage } from '../../image/images.ts'
import type { Attachment, Networks } from '../../network/networks.ts'
import type { ResolvedMount, Runtime } from '../../runtime/runtime.ts'
import type { Users } from '../../runtime/users/users.ts'
import type { Secrets } from '../../secret/secrets.ts'
import type { Volumes } from '../../volume/volumes.ts'
import type { Prepared } from '../entry.ts'
import type { AwaitPorts } from '../neighbours/port-handover.ts'
import { type Sharing, sharedService } from '../neighbours/sharing.ts'
import type { Event } from '../step.ts'
import { withImageVolumes } from './image-volumes.ts'
import { together } from './together.ts'

/** What a task is prepared with. */
export interface PreparationParts {
  runtime: Runtime
  images: Images
  networks: Networks
  volumes: Volumes
  contents: Contents
  secrets: Secrets
  /** The id of the task whose network namespace this one shares. */
  ownerOf: Sharing['ownerOf']
  /** The process of another task whose processes or IPC this one joins. */
  joinedBy: Sharing['joinedBy']
  awaitPorts: AwaitPorts
}

export interface PrepareListener {
  cancelled: Promise<unknown>
  /** Hears how far the image has come, in a few words. */
  tell: (message: string) => void
}

/** How many mounts of a task are made at once: an image may declare many. */
const MOUNTS_AT_ONCE = 4

interface Preparation extends PreparationParts, PrepareListener {
  /** For what spawns. */
  limit: Limit
}

/**
 * Sets up all that a task needs before its container: here image, contents, secrets, volumes and network come together.
 * Repeatable. Undefined when it was cancelled first.
 * @throws SetpointError of the part that failed
 */
export async function prepare(task: Task, deps: Preparation): Promise<Event | undefined> {
  await Promise.race([deps.joinedBy(task), deps.cancelled]) // without it there is nothing to begin with
  const users = await openUsers(task, deps)
  // Neither attaching nor mounting is limited: all that is asked for at once goes into one batch.
  const [root, attachment] = await together(prepareRoot(task, deps, users), attach(task, deps, users))
  if (!root) return undefined
  const { image, imageRoot, mounts } = root
  const prepared: Prepared = {
    image,
    rootfs: root.rootfs,
    netns: attachment.netns,
    netnsIdentity: attachment.identity,
    reachedAt: attachment.reachedAt,
    ...(users && { users: { ...users, imageRoot } }),
    mounts: [...networkFiles(attachment, mounts), ...mounts],
    healthcheck: effectiveHealthcheck(task, image),
  }
  const { addresses, addresses6, subnets } = attachment
  const ports = attachment.ports.map(describePort).sort()
  return { type: 'prepared', prepared, addresses, addresses6, subnets, ports }
}

/** Most tasks have those of the host, and wait for nobody. */
function openUsers(task: Task, { runtime, limit }: Preparation): Promise<Users | undefined> {
  if (task.container.isolation?.users === undefined) return Promise.resolve(undefined)
  return limit(() => runtime.openUsers(task))
}

async function attach(
  task: Task,
  { networks, ownerOf, awaitPorts, cancelled, tell }: Preparation,
  users: Users | undefined,
): Promise<Attachment> {
  if (sharedService(task) !== undefined) return networks.join(await ownerOf(task))
  await Promise.race([awaitPorts(task, tell), cancelled])
  return networks.attach(task, users?.path)
}

/** The root and what is mounted into it; undefined when it was cancelled before the image was there. */
async function prepareRoot(task: Task, deps: Preparation, users: Users | undefined) {
  const { images, runtime, limit, cancelled, tell } = deps
  const unwanted = new AbortController()
  void cancelled.then(() => unwanted.abort())
  const resolved = images.resolve(task.container.image, {
    signal: unwanted.signal,
    tell,
    service: `${task.stack}/${task.service}`,
  })
  resolved.catch(() => {}) // when it is called off nobody waits for it any more
  const image = await Promise.race([resolved, cancelled.then(() => undefined)])
  if (!image) return undefined
  const imageRoot = users ? await limit(() => images.mountFor(task.id, image.id, users.first)) : image.root
  const [rootfs, mounts] = await together(
    runtime.mountRoot(task.id, { ...image, root: imageRoot }, users),
    limit(() => resolveMounts(task, image, deps)),
  )
  return { image, imageRoot, rootfs, mounts }
}

async function resolveMounts(
  task: Task,
  image: ResolvedImage,
  { volumes, contents, secrets }: Pick<PreparationParts, 'volumes' | 'contents' | 'secrets'>,
): Promise<ResolvedMount[]> {
  const purpose = { taskId: task.id, specs: task.volumes, imageRoot: image.root }
  const mounts = withImageVolumes(task.container.mounts, image.config)
  const few = createLimit(MOUNTS_AT_ONCE)
  const resolved = Promise.all(mounts.map((mount) => few(() => volumes.resolve(mount, purpose))))
  const fixed = together(contents.resolve(task), secrets.resolve(task))
  return (await together(resolved, fixed)).flat(2)
}

/** The files that make names resolve, except where the service mounts its own. */
function networkFiles({ resolvConf, hosts }: Attachment, mounts: ResolvedMount[]): ResolvedMount[] {
  const files = { '/etc/resolv.conf': resolvConf, '/etc/hosts': hosts }
  return Object.entries(files)
    .filter(([target, source]) => source !== '' && !mounts.some((mount) => mount.target === target))
    .map(([target, source]) => ({ type: 'bind', source, target, readOnly: false }))
}

/** The service's healthcheck, else the image's with the times that the service sets otherwise. */
function effectiveHealthcheck({ container }: Task, image: ResolvedImage): Healthcheck | null {
  if (container.healthcheck !== undefined) return container.healthcheck
  const inherited = image.config.healthcheck
  return inherited ? { ...inherited, ...container.healthcheckTimes } : null
}
