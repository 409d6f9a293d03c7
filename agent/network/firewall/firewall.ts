import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { coalesce } from '../../coalesce.ts'
import { run } from '../../runtime/exec.ts'
import { within } from '../within.ts'
import type { Traffic } from './forwards.ts'
import { parseListing } from './listing.ts'

/** The agent's nftables table. */
export interface Firewall {
  /** Puts the table in force, unless it is known to be. Calls made while one is applied share the next. */
  apply(): Promise<void>
  /** What the kernel has; nothing is led anywhere when the rules around it are gone. Finding something else than was applied makes the next `apply` do it again. */
  read(): Promise<Found>
  remove(): Promise<void>
}

export interface Found extends Traffic {
  /** False when the table is known not to be what was applied. */
  isWhole: boolean
}

interface FirewallOptions {
  prefix: string[]
  /** Where the rules are written for nft to read: it cannot read the socket that Node gives a child as stdin. */
  file: string
  table: string
  /** The table as it should be now. */
  render: () => string
}

/** The table of this agent; `render` gives its text whenever it is to be put in force. */
export function createFirewall({ prefix, file, table, render }: FirewallOptions): Firewall {
  let inForce: { text: string; rules: Set<string> } | undefined

  const nft = (args: string[]) => run(within(prefix, ['nft', ...args]), { timeout: 20_000 })

  async function put(text: string): Promise<void> {
    if (inForce?.text === text) return
    inForce = undefined
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    const { exitCode, stdout, stderr } = await nft(['-e', '-j', '-f', file])
    if (exitCode !== 0) {
      throw new SetpointError('NETWORK_FAILED', `nftables refused the rules: ${firstLines(stderr)}`, {
        hint: 'See whether `nft list ruleset` works on the host and its kernel has nf_tables and nf_nat.',
      })
    }
    inForce = { text, rules: parseListing(stdout).rules }
  }

  return {
    apply: coalesce(() => put(render())),
    async read() {
      const before = inForce
      const { exitCode, stdout, stderr } = await nft(['-j', 'list', 'table', 'inet', table])
      const missing = exitCode !== 0 && stderr.includes('No such file')
      if (exitCode !== 0 && !missing) {
        throw new SetpointError('NETWORK_FAILED', `nftables cannot be read: ${firstLines(stderr)}`)
      }
      const { forwards, vips, rules } = parseListing(missing ? '' : stdout)
      // Not comparable when another table was put in force while this one was read.
      if (!before || inForce !== before) return { forwards, vips, isWhole: true }
      const lost = [...before.rules].filter((rule) => !rules.has(rule))
      const isWhole = before.rules.size === rules.size && lost.length === 0
      if (!isWhole) inForce = undefined
      const isLed = lost.every((rule) => /^(ports|services)\//.test(rule))
      return { forwards: isLed ? forwards : [], vips: isLed ? vips : [], isWhole }
    },
    async remove() {
      inForce = undefined
      await nft(['delete', 'table', 'inet', table])
      await rm(file, { force: true })
    },
  }
}

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 2).join(' ')
}
