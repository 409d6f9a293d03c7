import { type BackendFactory, createRedisBackend, type RedisQueueBackend } from 'bullmq'
import { MAX_JOB_BYTES } from '../schemas/job.ts'

/** What BullMQ asks Redis for jobs with: each answers with the hash of the next one, if there is one. */
const FETCHING = ['moveToActive', 'moveToFinished']
/** Bytes of a job as it is written: quotes in what is signed become twice as long. */
const MOST_OF_DATA = 2 * MAX_JOB_BYTES + 1024
/** Bytes of any other field: what BullMQ notes of a job is short. */
const MOST_OF_FIELD = 64 * 1024

/**
 * Redis as BullMQ uses it, with jobs cut down to what a job can be. BullMQ parses what it fetches before anybody can look
 * at it, and a few MB of brackets take all the memory there is; a field that is too large comes empty in its place.
 */
export const boundedQueue: BackendFactory<RedisQueueBackend> = (name, options, how) => {
  const backend = createRedisBackend(name, options, how)
  const execute = backend.execCommand.bind(backend)
  backend.execCommand = (client, command, args) => {
    const answer = execute(client, command, args)
    return FETCHING.includes(command) ? answer.then(bounded) : answer
  }
  return backend
}

/** An answer is the fields and values of a job in turn, and more; or a number. */
function bounded(answer: unknown): unknown {
  if (!Array.isArray(answer) || !Array.isArray(answer[0])) return answer
  const [job, ...rest] = answer
  return [job.map((text: string, at: number) => (isTooLarge(text, job[at - 1], at) ? '' : text)), ...rest]
}

function isTooLarge(text: string, field: string, at: number): boolean {
  const isValue = at % 2 === 1
  return isValue && text.length > (field === 'data' ? MOST_OF_DATA : MOST_OF_FIELD)
}
