import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { run } from '../../runtime/exec.ts'
import { bridgePrefix } from '../naming.ts'
import { within } from '../within.ts'

/** A chain that drops what the host forwards unless one of its rules lets it pass. */
export interface DroppingChain {
  family: string
  table: string
  name: string
}

/** Looks for firewalls of the host that keep tasks from the world, and tells of them. */
export interface HostFirewall {
  /** Never fails: it only tells. */
  look(): Promise<void>
}

interface HostFirewallOptions {
  /** Put before every command; empty in production. */
  prefix: string[]
  instance: string
  log: Log
}

/**
 * In nftables a packet passes when every base chain lets it: what the table of Setpoint accepts, another may still drop,
 * as the one does that Docker sets up (policy of FORWARD). It is not ours to change, so it is told with the way to open it.
 */
export function createHostFirewall({ prefix, instance, log }: HostFirewallOptions): HostFirewall {
  const told = new Set<string>()
  const nft = (...args: string[]) => run(within(prefix, ['nft', ...args]), { timeout: 10_000 })

  async function lookAt({ family, table, name }: DroppingChain): Promise<void> {
    const place = `${family} ${table} ${name}`
    const { stdout } = await nft('list', 'table', family, table)
    if (letsPass(stdout, instance) || told.has(place)) return
    told.add(place)
    log.warn(
      { chain: place, remedy: remedyFor({ family, table, name }, instance) },
      'A firewall of the host drops what it forwards: tasks reach no other host, and their ports are not reached, until it lets the bridges of Setpoint pass',
    )
  }

  return {
    async look() {
      try {
        const { exitCode, stdout } = await nft('-j', 'list', 'chains')
        if (exitCode !== 0) return
        for (const chain of droppingChains(stdout)) await lookAt(chain)
      } catch (error) {
        log.debug({ problem: messageOf(error) }, 'The firewall of the host could not be looked at')
      }
    },
  }
}

/** The chains in `nft -j list chains` that drop what no rule of theirs accepts. */
export function droppingChains(json: string): DroppingChain[] {
  const { nftables } = JSON.parse(json || '{"nftables":[]}') as {
    nftables: { chain?: DroppingChain & { hook?: string; policy?: string } }[]
  }
  return nftables.flatMap(({ chain }) => {
    if (chain?.hook !== 'forward' || chain.policy !== 'drop') return []
    return [{ family: chain.family, table: chain.table, name: chain.name }]
  })
}

/** True when somebody has put in what `remedyFor` says, or the like for bridges of every agent. */
export function letsPass(table: string, instance: string): boolean {
  return new RegExp(`[io]ifname "?(sp\\*|${bridgePrefix(instance)}\\*)`).test(table)
}

/** Commands that let the agent's bridges pass. What Setpoint's own table drops is still dropped. */
export function remedyFor({ family, table, name }: DroppingChain, instance: string): string[] {
  return ['iifname', 'oifname'].map(
    (match) => `nft insert rule ${family} ${table} ${name} ${match} "${bridgePrefix(instance)}*" accept`,
  )
}
