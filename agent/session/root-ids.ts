import { readFile } from 'node:fs/promises'

/** A user and a group, as the host counts them. */
export interface Owner {
  uid: number
  gid: number
}

/** Root of the container of a process. user_namespaces(7): `0 <first> <count>` where it has users of its own. */
export async function rootOf(pid: number): Promise<Owner> {
  const [uid, gid] = await Promise.all(['uid_map', 'gid_map'].map((file) => firstIn(`/proc/${pid}/${file}`)))
  return { uid: uid ?? 0, gid: gid ?? 0 }
}

async function firstIn(file: string): Promise<number> {
  return Number(/^\s*0\s+(\d+)/m.exec(await readFile(file, 'utf8'))?.[1] ?? 0)
}
