import { SetpointError } from '../../../schemas/error.ts'
import { readInRoot } from '../in-root.ts'

/** runtime-spec §process.user. */
export interface User {
  uid: number
  gid: number
  additionalGids: number[]
}

interface Account {
  name: string
  uid: number
  gid: number
}

interface Group {
  name: string
  gid: number
  members: string[]
}

/** The most bytes of an image's /etc/passwd or /etc/group: some 80,000 accounts. */
export const MAX_ACCOUNTS = 4 * 1024 * 1024
const MAX_ID = 2 ** 31 - 1

/**
 * Who a container's process runs as. Docker's rule: names are looked up in the image; a number needs no entry, but has
 * the group and the supplementary groups of its entry when there is one; a group that is given leaves none of those.
 * @param user `user[:group]` by name or number; undefined or empty is root
 * @param more further groups by name or number (`group_add`)
 * @throws SetpointError RUNTIME_FAILED when the image has no such user or group, or a file of them that is too large
 */
export async function userOf(
  user: string | undefined,
  imageRoot: string,
  more: string[] = [],
): Promise<User> {
  const [passwd = '', group = ''] = await Promise.all(
    ['/etc/passwd', '/etc/group'].map((file) => readInRoot(imageRoot, file, MAX_ACCOUNTS)),
  )
  const groups = parseGroup(group)
  const found = resolveUser(user, parsePasswd(passwd), groups)
  const added = more.map((name) => groupIdOf(name, groups))
  return { ...found, additionalGids: [...new Set([...found.additionalGids, ...added])] }
}

/** The same over the two files, parsed. */
export function resolveUser(user: string | undefined, accounts: Account[], groups: Group[]): User {
  if (/[\0\r\n]/.test(user ?? '')) throw unreadable(user ?? '')
  const [userPart = '', groupPart] = (user ?? '').split(':', 2)
  const wanted = userPart === '' ? '0' : userPart
  const account = accountOf(wanted, accounts)
  const uid = account?.uid ?? idOf(wanted)
  if (uid === undefined) throw missing('user', wanted, '/etc/passwd')
  if (groupPart !== undefined && groupPart !== '') {
    return { uid, gid: groupIdOf(groupPart, groups), additionalGids: [] }
  }
  const additional = groups.filter(({ members }) => account && members.includes(account.name))
  return { uid, gid: account?.gid ?? 0, additionalGids: [...new Set(additional.map(({ gid }) => gid))] }
}

export function parsePasswd(text: string): Account[] {
  return rows(text).flatMap(([name = '', , uid, gid]) => {
    const ids = [idOf(uid), idOf(gid)] as const
    return name === '' || ids[0] === undefined || ids[1] === undefined
      ? []
      : [{ name, uid: ids[0], gid: ids[1] }]
  })
}

export function parseGroup(text: string): Group[] {
  return rows(text).flatMap(([name = '', , id, members = '']) => {
    const gid = idOf(id)
    return name === '' || gid === undefined
      ? []
      : [{ name, gid, members: members.split(',').filter(Boolean) }]
  })
}

/** A name goes before a number: an image may call a user `1000`. */
function accountOf(wanted: string, accounts: Account[]): Account | undefined {
  return accounts.find(({ name }) => name === wanted) ?? accounts.find(({ uid }) => uid === idOf(wanted))
}

function groupIdOf(wanted: string, groups: Group[]): number {
  const gid = groups.find(({ name }) => name === wanted)?.gid ?? idOf(wanted)
  if (gid === undefined) throw missing('group', wanted, '/etc/group')
  return gid
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const id = Number(text)
  return id <= MAX_ID ? id : undefined
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(':'))
}

function unreadable(user: string): SetpointError {
  return new SetpointError('RUNTIME_FAILED', `${JSON.stringify(user)} is no name of a user.`, {
    hint: 'Write `user` as name[:group] or uid[:gid], on one line.',
  })
}

function missing(kind: 'user' | 'group', name: string, file: string): SetpointError {
  return new SetpointError('RUNTIME_FAILED', `The image has no ${kind} ${name} in its ${file}.`, {
    hint: `Name a ${kind} that the image has, or give its number.`,
  })
}
