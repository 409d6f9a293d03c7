import { sign as ed25519Sign, verify as ed25519Verify, type KeyObject } from 'node:crypto'
import { Action } from './action.ts'
import { ContainerSpec } from './container.ts'
import { SetpointError } from './error.ts'
import { NetworkSpec } from './network.ts'
import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'
import { checker, reader } from './validate.ts'
import { VolumeSpec } from './volume.ts'

/** What a controller asks of one host, once. */
export type Job = Static<typeof Job>
export const Job = Type.Object(
  {
    host: Type.String(),
    /** The leader's fencing epoch: an agent that has seen a higher one refuses. */
    epoch: Type.Integer({ minimum: 0 }),
    /** Grows with every job of an epoch: an agent does nothing older than what it has done. */
    sequence: Type.Integer({ minimum: 0 }),
    /** ISO time after which the agent must not begin. */
    deadline: Type.String(),
    action: Action,
  },
  closed,
)

/** A job as it travels: the exact bytes that were signed, and the Ed25519 signature (RFC 8032) over them, base64. */
export type SignedJob = Static<typeof SignedJob>
export const SignedJob = Type.Object({ body: Type.String(), signature: Type.String() }, closed)

const readSignedJob = reader(SignedJob)
const readJob = reader(Job)

/** The largest job that an agent reads, in bytes. */
export const MAX_JOB_BYTES = 4 * 1024 * 1024

/** A job as it travels: its text and the signature of the controller, whose private key is Ed25519. */
export function signJob(job: Job, privateKey: KeyObject): SignedJob {
  const body = JSON.stringify(job)
  return { body, signature: ed25519Sign(null, Buffer.from(body), privateKey).toString('base64') }
}

/**
 * The job inside `data`, if the pinned key signed it for this host.
 * @throws SetpointError JOB_REFUSED naming what is wrong; nothing of an unsigned body is parsed.
 */
export function openJob(data: unknown, publicKey: KeyObject, host: string): Job {
  const signed = readSignedJob(data)
  if (!signed.ok) throw refused(`it is no signed job (${signed.message})`)
  const { body, signature } = signed.value
  if (Buffer.byteLength(body) > MAX_JOB_BYTES) throw refused(`it is larger than ${MAX_JOB_BYTES} bytes`)
  if (!ed25519Verify(null, Buffer.from(body), publicKey, Buffer.from(signature, 'base64'))) {
    throw refused('its signature is not from the controller whose key this agent pins')
  }
  const job = jobIn(JSON.parse(body))
  if (job.host !== host) throw refused(`it was signed for host ${job.host}`)
  return job
}

/** What a task is made of: to leave something out there would run another thing than was committed. */
const checkParts = checker(
  Type.Object({
    container: ContainerSpec,
    networks: Type.Array(NetworkSpec),
    volumes: Type.Array(VolumeSpec),
  }),
)
const PARTS = /^\/(?=container|networks|volumes)/
const IN_JOB = '/action/task'
const UPGRADE = 'Upgrade setpoint-agent on this host to the version of the controller.'

/**
 * A job of any version of the controller. What an agent may leave out is told by a field that it need not know; what it
 * must not leave out stands in what a task is made of, or is an action of another type.
 */
function jobIn(written: unknown): Job {
  const job = readJob(written)
  if (!job.ok) throw refused(newAction(written) ?? `its shape is wrong (${job.message})`, UPGRADE)
  const { value, unknown } = job
  if (!('task' in value.action)) return value
  const { task } = (written as { action: { task: unknown } }).action
  const inTask = unknown.map((path) => path.replace(IN_JOB, ''))
  const what = unknownPart(task, inTask)
  if (what === undefined) return value
  throw refused(`its task asks for ${what}, which this agent does not know`, UPGRADE)
}

/**
 * Something of what a task is made of that only another version knows; undefined when there is nothing.
 * @param unknown JSON pointers into the task to what a reader has left out: the first of them
 */
export function unknownPart(task: unknown, unknown: string[]): string | undefined {
  if (unknown.length === 0 || checkParts(task).ok) return undefined
  return unknown.find((path) => PARTS.test(path))?.replace(PARTS, '') ?? 'more'
}

/** What is wrong if the action is of a type that another version knows. */
function newAction(written: unknown): string | undefined {
  const type = (written as Partial<Job> | null)?.action?.type
  if (typeof type !== 'string' || Action.anyOf.some(({ properties }) => properties.type.const === type))
    return
  return `this agent knows no action ${JSON.stringify(type.slice(0, 100))}`
}

function refused(why: string, hint?: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `A job was refused: ${why}.`, hint === undefined ? {} : { hint })
}
