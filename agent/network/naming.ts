import { parseAddress } from '../../schemas/address.ts'
import { digest } from '../../schemas/canonical.ts'

/** Where `ip netns` binds namespaces. */
export const NETNS_FOLDER = '/run/netns'

/** At most 15 characters (IFNAMSIZ); the instance is in it, so that an agent knows its own after a crash. */
export function bridgeName(instance: string, key: string, taken = new Set<string>()): string {
  for (let salt = 0; ; salt++) {
    const short = salt === 0 ? key.slice(0, 5) : digest({ key, salt }, 5)
    const name = `${bridgePrefix(instance)}${short}`
    if (!taken.has(name)) return name
  }
}

/** What the names of all bridges of an agent begin with. */
export function bridgePrefix(instance: string): string {
  return `sp${instance}`
}

/** The host's end of a task's link into a network. */
export function vethName(instance: string, taskId: string, key: string): string {
  return `sv${digest({ instance, taskId, key }, 12)}`
}

/** A task's namespace; an id that is no safe name stands there as its hash. */
export function namespaceName(instance: string, taskId: string): string {
  const safe = /^[\w.-]{1,200}$/.test(taskId) ? taskId : digest(taskId, 32)
  return `${namespacePrefix(instance)}${safe}`
}

/** What the names of all namespaces of an agent begin with. */
export function namespacePrefix(instance: string): string {
  return `setpoint-${instance}-`
}

/** The nftables table of this agent. */
export function tableName(instance: string): string {
  return `setpoint-${instance}`
}

/** A locally administered hardware address made from the address: whoever has the address again has the same one. */
export function hardwareAddress(address: string): string {
  const parsed = parseAddress(address)
  const isShort = parsed?.bits === 32
  const hex = isShort ? parsed.value.toString(16).padStart(8, '0') : digest(address, 8)
  return [isShort ? '02:53' : '02:54', ...(hex.match(/../g) ?? [])].join(':')
}
