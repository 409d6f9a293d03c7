import type { Isolation, ProcessSettings } from '../../../../schemas/isolation.ts'
import { repositoryProfile } from '../../compose/model/security-opt.ts'
import { type Cursor, fail, notice, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { compare } from '../../order.ts'
import { quote } from '../../yaml/node.ts'
import type { SeccompProfiles } from '../contents/seccomp-profiles.ts'
import type { ServiceDraft } from '../service.ts'
import { boolean, filled, listOf, oneOf, text } from '../values.ts'

/** The readers of the keys that say how far a container is kept apart. */
export const isolationKeys = {
  privileged: boolean,
  group_add: listOf(group),
  security_opt: listOf(securityOption),
  pid: sharedNamespace('pid', []),
  ipc: sharedNamespace('ipc', ['none', 'private', 'shareable']),
  uts: oneOf('host'),
  cgroup: oneOf('host', 'private'),
  runtime,
  userns_mode: usersMode,
  init: boolean,
  tty: boolean,
  stdin_open: boolean,
}

/** A group of Compose Specification §group_add: a name of the image's /etc/group, or a number. */
function group(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined || /^(?!-)[^\s:,\p{Cc}]+$/u.test(value)) return value
  return fail(cursor, `${quote(value)} is no group: one name or number, as in video or 44`)
}

type SecurityOption =
  | { noNewPrivileges: boolean }
  | { seccomp: string }
  | Pick<Isolation, 'apparmor'>
  | Pick<Isolation, 'showsSystem'>

/** One item of Compose Specification §security_opt, `name=value` or `name:value` (docker run §security-opt). */
function securityOption(cursor: Cursor): SecurityOption | undefined {
  const line = text(cursor)
  if (line === undefined) return undefined
  const [, name = line, value] = /^([a-z-]+)[=:](.*)$/.exec(line) ?? []
  if (name === 'no-new-privileges') return noNewPrivileges(cursor, value)
  if (name === 'seccomp' && value) return seccomp(cursor, value)
  if (name === 'apparmor' && value) return apparmor(cursor, value)
  if (name === 'systempaths' && value === 'unconfined') return { showsSystem: true }
  if (name === 'label') return void notice(cursor, NO_LABELS)
  const known = 'no-new-privileges, seccomp=, apparmor= and systempaths=unconfined are'
  return fail(cursor, `${quote(line)} is no security option that Setpoint takes; ${known}`)
}

const NO_LABELS = 'accepted without effect: Setpoint gives containers no labels of SELinux'

function noNewPrivileges(cursor: Cursor, value = 'true'): SecurityOption | undefined {
  if (value === 'true' || value === 'false') return { noNewPrivileges: value === 'true' }
  return fail(cursor, `no-new-privileges is true or false, not ${quote(value)}`)
}

function seccomp(cursor: Cursor, value: string): SecurityOption | undefined {
  if (value === 'unconfined') return { seccomp: value }
  if (value === 'builtin') return undefined
  if (value.startsWith('/') && !value.split('/').includes('..')) return { seccomp: value }
  if (repositoryProfile(`seccomp=${value}`) !== undefined) return { seccomp: value }
  return fail(cursor, `${quote(value)} is no plain path of a seccomp profile; remove the ".."`)
}

function apparmor(cursor: Cursor, value: string): SecurityOption | undefined {
  if (/^[^\s\p{Cc}]{1,255}$/u.test(value)) return { apparmor: value }
  return fail(cursor, `${quote(value)} is no name of an AppArmor profile`)
}

/** Compose Specification §pid and §ipc. */
function sharedNamespace(key: string, words: string[]) {
  return (cursor: Cursor): string | { service: string } | undefined => {
    const value = filled(cursor)
    if (value === undefined || value === 'host' || words.includes(value)) return value
    if (value.startsWith('container:')) {
      return fail(cursor, `containers have no fixed names here; write ${key}: service:NAME`)
    }
    const service = /^service:(.+)$/s.exec(value)?.[1]
    if (service !== undefined) return { service }
    return fail(cursor, `must be ${['host', ...words].join(', ')} or service:NAME, not ${quote(value)}`)
  }
}

/** Compose Specification §runtime. */
function runtime(cursor: Cursor): 'crun' | 'runc' | undefined {
  const value = filled(cursor)
  if (value === undefined || value === 'crun' || value === 'runc') return value
  const advice =
    value === 'nvidia'
      ? 'remove it, and ask for the devices with gpus'
      : 'there are crun and runc; without it the agent chooses'
  return fail(cursor, `${quote(value)} is no runtime that Setpoint drives; ${advice}`)
}

/** Compose Specification §userns_mode, with the word of `podman run --userns` for a namespace of its own. */
function usersMode(cursor: Cursor): 'host' | 'auto' | undefined {
  const value = filled(cursor)
  if (value === undefined || value === 'host' || value === 'auto') return value
  return fail(cursor, `must be host, or auto for users of its own, not ${quote(value)}`)
}

/**
 * How the container of a service is kept apart; undefined when the file says nothing.
 * @param profiles the seccomp profiles of the repository by path
 */
export function isolationOf(service: ServiceDraft, profiles: SeccompProfiles): Isolation | undefined {
  const { pid, ipc, uts, cgroup, runtime: wanted, userns_mode } = service
  return orNothing<Isolation>({
    ...optionsOf(service, profiles),
    ...defined({
      privileged: service.privileged ? (true as const) : undefined,
      users: userns_mode === 'auto' ? ('own' as const) : undefined,
      pid,
      ipc: ipc === 'private' ? undefined : ipc,
      uts,
      cgroup,
      runtime: wanted,
    }),
  })
}

/** The options of `security_opt`. Where two set the same thing, the later one counts. */
function optionsOf({ security_opt = [] }: ServiceDraft, profiles: SeccompProfiles): Isolation {
  const { noNewPrivileges: _, ...options } = Object.assign({}, ...security_opt)
  const profile = profiles.get(options.seccomp)
  return profile ? { ...options, seccomp: profile } : options
}

export function hasNoNewPrivileges({ security_opt = [] }: ServiceDraft): boolean {
  return security_opt.findLast((option) => 'noNewPrivileges' in option)?.noNewPrivileges ?? false
}

/** How its first process is started; undefined when the file says nothing. */
export function processOf({
  group_add = [],
  init,
  tty,
  stdin_open,
}: ServiceDraft): ProcessSettings | undefined {
  const on = (value: boolean | undefined) => (value ? (true as const) : undefined)
  return orNothing<ProcessSettings>(
    defined({
      groups: group_add.length > 0 ? [...new Set(group_add)].sort(compare) : undefined,
      init: on(init),
      tty: on(tty),
      stdinOpen: on(stdin_open),
    }),
  )
}

/** What cannot be had together. */
export function checkIsolation({ at, uts, hostname }: ServiceDraft): void {
  if (uts === 'host' && hostname !== undefined) {
    fail(within(at, 'hostname'), 'would rename the host, since uts is host; remove one of them')
  }
}

function orNothing<T extends object>(value: T): T | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}
