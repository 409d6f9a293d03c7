import { createLeader } from '../../controller/state/leader.ts'
import { aLog } from './jobs.ts'

/** A controller that only leads: `node leader-process.ts REDIS FOLDER ID LEASE`; prints its epoch when it does. */
const [redis = '', folder = '', id = '', lease = ''] = process.argv.slice(2)
const leader = createLeader({ redis, folder, id, log: aLog(), lease: Number(lease) })
await leader.acquire()
console.log(leader.epoch())
