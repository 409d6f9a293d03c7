import { type Cursor, entriesOf, fail } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'
import { text } from '../values.ts'

/** What each container has for itself, of its IPC namespace; the rest of `kernel.` is the host's (Docker, §sysctl). */
const OF_IPC = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    (name) => `kernel.${name}`,
  ),
)
const NAME = /^[a-z][\w-]*(\.[\w-]+)+$/
const VALUE = /^[^\p{Cc}]{0,1024}$/u

/** Whether a parameter is of the IPC namespace. */
export function isOfIpc(name: string): boolean {
  return name.startsWith('fs.mqueue.') || OF_IPC.has(name)
}

/** Compose Specification §sysctls: parameters of the kernel that are of a namespace. */
export function sysctls(cursor: Cursor): Record<string, string> | undefined {
  const entries = entriesOf(cursor)?.flatMap(([name, at]): [string, string][] => {
    const value = text(at)?.trim()
    return value !== undefined && isSettable(at, name, value) ? [[name, value]] : []
  })
  return entries && Object.fromEntries(entries)
}

function isSettable(at: Cursor, name: string, value: string): boolean {
  if (name === 'kernel.domainname' || name === 'kernel.hostname') {
    fail(at, `is set by ${name.slice('kernel.'.length)}; write it there`)
    return false
  }
  if (!NAME.test(name) || !VALUE.test(value)) {
    fail(at, `${quote(name)} is no kernel parameter with a value, as in net.core.somaxconn: 1024`)
    return false
  }
  if (name.startsWith('net.') || isOfIpc(name)) return true
  fail(at, `${name} is of the whole host, not of a container; set it on the host with sysctl -w`)
  return false
}
