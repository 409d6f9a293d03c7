import { LEADER } from '../../schemas/wire.ts'
import type { Redis } from '../redis.ts'

/** The last epoch that was given. */
export const EPOCH = `${LEADER}:epoch`

/** A counter above this is no count of ours but damage, and is not believed. */
const HIGHEST_EPOCH = 2 ** 40

/**
 * Takes the lease if it is free, or if its holder's token begins with `heir`, and gives the next epoch: one more than any that Redis
 * or the caller knows.
 */
const TAKE = `
local counter = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
if counter ~= math.floor(counter) or counter < 0 or counter > tonumber(ARGV[5]) then counter = 0 end
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 1, #ARGV[2]) ~= ARGV[2] then
  return {0, counter, redis.call('PTTL', KEYS[1])}
end
local epoch = math.max(counter, tonumber(ARGV[4])) + 1
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], string.format('%.0f', epoch))
return {1, epoch, 0}`

const RENEW = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`

const GIVE_BACK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

export type Taken = { taken: true; epoch: number } | { taken: false; epoch: number; expiresIn: number }

export interface TakeOptions {
  /** This process's name for itself; nobody else has the same. */
  token: string
  /** What a token begins with that may be taken over: its own, or that of an earlier life of the same controller. */
  heir: string
  /** Milliseconds. */
  lease: number
  /** The highest epoch that is known here. */
  known: number
}

export async function takeLease(client: Redis, { token, heir, lease, known }: TakeOptions): Promise<Taken> {
  const reply = await client.eval(TAKE, 2, LEADER, EPOCH, token, heir, lease, known, HIGHEST_EPOCH)
  const [taken, epoch, expiresIn] = reply as [number, number, number]
  return taken === 1 ? { taken: true, epoch } : { taken: false, epoch, expiresIn }
}

/** False when the lease is somebody else's, or nobody's. */
export async function renewLease(client: Redis, token: string, lease: number): Promise<boolean> {
  return (await client.eval(RENEW, 1, LEADER, token, lease)) === 1
}

export async function giveLeaseBack(client: Redis, token: string): Promise<void> {
  await client.eval(GIVE_BACK, 1, LEADER, token)
}
