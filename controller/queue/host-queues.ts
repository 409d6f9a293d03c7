import { Queue } from 'bullmq'
import type { SignedJob } from '../../schemas/job.ts'
import type { Log } from '../../schemas/log.ts'
import { HOST_NAME, PREFIX, queueName, SNAPSHOTS } from '../../schemas/wire.ts'
import { type Redis, unlinkAll } from '../redis.ts'

export type HostQueue = Queue<SignedJob>

export interface HostQueues {
  of(host: string): HostQueue
  /** Every host that has a queue here or has ever reported. */
  names(): Promise<string[]>
  /** Removes the queue of a host with all that is in it. */
  remove(host: string): Promise<void>
  close(): Promise<void>
}

/** One BullMQ queue a host, all over one connection. */
export function createHostQueues(client: Redis, log: Log): HostQueues {
  const queues = new Map<string, HostQueue>()
  return {
    of: (host) => {
      const queue = queues.get(host) ?? open(host, client, log)
      queues.set(host, queue)
      return queue
    },
    names: async () => {
      const reported = await client.hkeys(SNAPSHOTS)
      return [...new Set([...queues.keys(), ...reported.filter((host) => HOST_NAME.test(host))])]
    },
    remove: async (host) => {
      const queue = queues.get(host)
      queues.delete(host)
      await queue?.close()
      // BullMQ's own `obliterate` begins with a pause, which would last if this controller ended in the middle.
      await unlinkAll(client, `${PREFIX}:${queueName(host)}:*`)
    },
    close: async () => {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()))
    },
  }
}

function open(host: string, client: Redis, log: Log): HostQueue {
  const queue: HostQueue = new Queue(queueName(host), {
    connection: client,
    prefix: PREFIX,
    skipVersionCheck: true,
    // Nobody reads these events: outcomes come back on the report stream.
    streams: { events: { maxLen: 100 } },
    // One attempt: what failed is planned again from what is then seen. An id is free again once its job is done.
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  })
  queue.on('error', (error) => log.debug({ host, problem: error.message }, 'A queue has no connection'))
  return queue
}
