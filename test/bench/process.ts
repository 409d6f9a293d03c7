import { readFile } from 'node:fs/promises'
import type { TestHost } from '../support/host.ts'

const TICKS_PER_SECOND = 100

/** The share of one core that a process used in so many seconds, at most a minute, its children not counted. */
export async function busy(host: TestHost, pid: number, seconds = 20): Promise<number> {
  const before = await ticks(pid)
  await host.run('sleep', String(seconds))
  return ((await ticks(pid)) - before) / TICKS_PER_SECOND / seconds
}

/** The resident size of a process in MB. */
export async function rss(pid: number): Promise<number> {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1000
}

async function ticks(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return Number(fields[11]) + Number(fields[12])
}
