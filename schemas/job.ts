import { sign as ed25519Sign, verify as ed25519Verify, type KeyObject } from 'node:crypto'
import { Action } from './action.ts'
import { SetpointError } from './error.ts'
import Type, { type Static } from './type.ts'
import { checker } from './validate.ts'

const closed = { additionalProperties: false }

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

const checkSignedJob = checker(SignedJob)
const checkJob = checker(Job)

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
  const signed = checkSignedJob(data)
  if (!signed.ok) throw refused(`it is no signed job (${signed.message})`)
  const { body, signature } = signed.value
  if (Buffer.byteLength(body) > MAX_JOB_BYTES) throw refused(`it is larger than ${MAX_JOB_BYTES} bytes`)
  if (!ed25519Verify(null, Buffer.from(body), publicKey, Buffer.from(signature, 'base64'))) {
    throw refused('its signature is not from the controller whose key this agent pins')
  }
  const job = checkJob(JSON.parse(body))
  if (!job.ok)
    throw refused(`its shape is wrong (${job.message}); controller and agent may differ in version`)
  if (job.value.host !== host) throw refused(`it was signed for host ${job.value.host}`)
  return job.value
}

function refused(why: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `A job was refused: ${why}.`)
}
