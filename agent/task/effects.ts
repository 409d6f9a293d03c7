import { type ErrorCode, type ErrorFacts, errorFacts } from '../../schemas/error.ts'
import type { Healthcheck } from '../../schemas/healthcheck.ts'
import type { Log } from '../../schemas/log.ts'
import { describePort } from '../../schemas/port.ts'
import type { Task } from '../../schemas/task.ts'
import { type Clock, iso } from '../clock.ts'
import type { Contents } from '../content/contents.ts'
import type { Images, ResolvedImage } from '../image/images.ts'
import { createLimit, type Limit } from '../limit.ts'
import type { Attachment, Networks } from '../network/networks.ts'
import type { ResolvedMount, Runtime } from '../runtime/runtime.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { Volumes } from '../volume/volumes.ts'
import type { Entry, Prepared } from './entry.ts'
import { describeAddresses, factsOf } from './facts.ts'
import { withImageVolumes } from './image-volumes.ts'
import { type Sharing, sharedService } from './sharing.ts'
import type { Event } from './step.ts'

/** What is done to the host for a task. Each effect is repeatable and tells how it went as an event. */
export interface Effects {
  /** Image, root, network and volumes. Undefined when it was cancelled first: nobody wants it any more. */
  prepare(entry: Entry, listener: PrepareListener): Promise<Event | undefined>
  /** `leftover`: what may be there of the container: nothing, an ended run to clear, or a run to adopt. */
  start(entry: Entry, leftover: Leftover): Promise<Event>
  /** Sends the stop signal: the service's, else the image's, else SIGTERM. */
  stop(entry: Entry): Promise<void>
  kill(entry: Entry): Promise<void>
  /** Takes everything of the task away but its journal and its volumes. */
  remove(entry: Entry): Promise<void>
  logTail(id: string): Promise<string[]>
}

export interface PrepareListener {
  cancelled: Promise<unknown>
  /** Hears how far the image has come, in a few words. */
  tell: (message: string) => void
}

export type Leftover = 'nothing' | 'ended' | 'unknown'

export interface EffectDeps {
  runtime: Runtime
  images: Images
  networks: Networks
  volumes: Volumes
  contents: Contents
  secrets: Secrets
  /** The command line of a task: Docker's rule for entrypoint and command. */
  argvOf(spec: Task['container'], image: ResolvedImage['config']): string[]
  /** The id of the task whose network namespace this one shares. */
  ownerOf: Sharing['ownerOf']
  clock: Clock
  log: Log
}

/** How many spawning effects run at once: more only makes each slower on the cores there are. */
const AT_ONCE = 5
const TAIL = 20

export function createEffects(deps: EffectDeps): Effects {
  const { runtime, networks, log } = deps
  const limit = createLimit(AT_ONCE)

  return {
    async prepare({ task }, listener) {
      try {
        return await prepare(task, { ...deps, limit, ...listener })
      } catch (error) {
        return { type: 'rejected', error: factsOfError(error, 'RUNTIME_FAILED') }
      }
    },

    async start(entry, leftover) {
      try {
        return await limit(() => start(entry, leftover, deps))
      } catch (error) {
        const facts = factsOfError(error, 'RUNTIME_FAILED')
        return { type: 'startFailed', error: facts, logTail: await logTail(entry.task.id) }
      }
    },

    stop({ task, prepared }) {
      const signal = task.container.stopSignal ?? prepared?.image.config.stopSignal
      return runtime.kill(task.id, signal || 'SIGTERM')
    },

    kill: ({ task }) => runtime.kill(task.id, 'SIGKILL'),

    remove: ({ task: { id } }) =>
      limit(async () => {
        await runtime.delete(id)
        await together(networks.detach(id), together(runtime.purge(id), deps.secrets.remove(id)))
      }),

    logTail,
  }

  async function logTail(id: string): Promise<string[]> {
    try {
      return (await runtime.logs(id, TAIL)).map(({ text }) => text)
    } catch (error) {
      log.warn({ task: id, error: String(error) }, 'The log of a task cannot be read')
      return []
    }
  }
}

/** The facts of an error; a full disk is told as such whoever met it. */
export function factsOfError(error: unknown, otherwise: ErrorCode): ErrorFacts {
  const facts = errorFacts(error, otherwise)
  const full = (error as NodeJS.ErrnoException)?.code === 'ENOSPC' || /no space left/i.test(facts.message)
  return full && facts.code !== 'DISK_FULL'
    ? { code: 'DISK_FULL', message: facts.message, hint: 'Make room on the host; the agent tries again.' }
    : facts
}

interface Preparation extends EffectDeps, PrepareListener {
  limit: Limit
}

async function prepare(task: Task, deps: Preparation): Promise<Event | undefined> {
  // Neither attaching nor mounting is limited: all that is asked for at once goes into one batch.
  const [root, attachment] = await together(prepareRoot(task, deps), attach(task, deps))
  if (!root) return undefined
  const { image, mounts } = root
  const prepared: Prepared = {
    image,
    rootfs: root.rootfs,
    netns: attachment.netns,
    netnsIdentity: attachment.identity,
    reachedAt: attachment.reachedAt,
    mounts: [...networkFiles(attachment, mounts), ...mounts],
    healthcheck: effectiveHealthcheck(task, image),
  }
  const { addresses, addresses6 } = attachment
  const ports = attachment.ports.map(describePort).sort()
  return { type: 'prepared', prepared, addresses, addresses6, ports }
}

async function attach(task: Task, { networks, ownerOf }: Preparation): Promise<Attachment> {
  if (sharedService(task) === undefined) return networks.attach(task)
  return networks.join(await ownerOf(task))
}

async function prepareRoot(task: Task, deps: Preparation) {
  const { images, runtime, limit, cancelled, tell } = deps
  const unwanted = new AbortController()
  void cancelled.then(() => unwanted.abort())
  const resolved = images.resolve(task.container.image, {
    ...{ signal: unwanted.signal, tell },
    service: `${task.stack}/${task.service}`,
  })
  resolved.catch(() => {}) // when it is called off nobody waits for it any more
  const image = await Promise.race([resolved, cancelled.then(() => undefined)])
  if (!image) return undefined
  const [rootfs, mounts] = await together(
    runtime.mountRoot(task.id, image),
    limit(() => resolveMounts(task, image, deps)),
  )
  return { image, rootfs, mounts }
}

async function start(entry: Entry, leftover: Leftover, deps: EffectDeps): Promise<Event> {
  const { task, prepared, status } = entry
  if (!prepared) throw new Error('the task is not prepared')
  const { runtime, clock } = deps
  const argv = deps.argvOf(task.container, prepared.image.config)
  const addresses = describeAddresses(status)
  const facts = await factsOf(task, prepared, { argv, addresses, ports: status.ports })
  const adopted = leftover === 'unknown' ? await runtime.state(task.id) : undefined
  if (adopted?.status === 'running') {
    return { type: 'started', pid: adopted.pid, at: iso(clock.now()), facts }
  }
  if (leftover !== 'nothing') await runtime.delete(task.id)
  const { image, rootfs, netns, mounts } = prepared
  await deps.volumes.check(mounts)
  const { pid } = await runtime.create({ task, image, rootfs, netns, mounts })
  const at = iso(clock.now()) // before the process can end: an exit is then never older than its start
  await runtime.start(task.id)
  return { type: 'started', pid, at, facts }
}

async function resolveMounts(
  task: Task,
  image: ResolvedImage,
  { volumes, contents, secrets }: Pick<EffectDeps, 'volumes' | 'contents' | 'secrets'>,
): Promise<ResolvedMount[]> {
  const purpose = { taskId: task.id, specs: task.volumes, imageRoot: image.root }
  const mounts = withImageVolumes(task.container.mounts, image.config)
  const resolved = Promise.all(mounts.map((mount) => volumes.resolve(mount, purpose)))
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

/** Both results; when one fails the other is still waited for, so that nothing goes on behind the caller's back. */
async function together<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}
