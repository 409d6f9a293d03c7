import { changed, type Fleet } from './fleet.ts'
import type { Random } from './random.ts'

/** What may be killed with SIGKILL. `container`: the first process of one. */
const TARGETS = ['agent', 'conmon', 'dnsmasq', 'container', 'controller', 'redis'] as const
export type Target = (typeof TARGETS)[number]

export interface Strike {
  target: Target
  /** Which of those that there are: the number modulo how many there are. */
  which: number
  /** Milliseconds from the beginning of the round. */
  at: number
}

/** One round: what is committed, and what is killed when. */
export interface Round {
  number: number
  strikes: Strike[]
  /** The fleet that a commit asks for at the beginning of the round; absent: there is none. */
  commit?: Fleet
  /** True: the agent is killed as soon as the rollout of the commit is seen to be under way. */
  midRollout: boolean
}

const LONGEST_WAIT = 1_200

/** The next round of a generator: all that is random in it. */
export function nextRound(number: number, fleet: Fleet, random: Random): Round {
  const count = 1 + random.below(2)
  const strikes = Array.from({ length: count }, () => ({
    target: random.pick(TARGETS),
    which: random.below(1_000),
    at: random.below(LONGEST_WAIT),
  }))
  const commit = random.oneIn(3) ? changed(fleet, random) : undefined
  const midRollout = commit !== undefined && random.oneIn(2)
  return { number, strikes, midRollout, ...(commit && { commit }) }
}

export function describeRound({ number, strikes, commit, midRollout }: Round): string {
  const killed = strikes.map(({ target, which, at }) => `${target} ${which} at ${at} ms`)
  const change = commit ? [`commit ${JSON.stringify(commit)}`] : []
  return [`round ${number}`, ...killed, ...change, ...(midRollout ? ['agent in mid-rollout'] : [])].join(', ')
}
