import { appendFile, mkdtemp, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logFiles } from '../../../../agent/runtime/logs/files.ts'
import { openLog, tailLog } from '../../../../agent/runtime/logs/reader.ts'
import type { LogLine } from '../../../../agent/runtime/runtime.ts'

const AT = '2026-11-20T18:55:13.046064255+02:00'
const row = (text: string, flag = 'F') => `${AT} stdout ${flag} ${text}\n`
let folder: string
let log: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-log-'))
  log = join(folder, 'log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a log in several files', () => {
  beforeEach(async () => {
    await writeFile(join(folder, 'log.2'), row('one') + row('two'))
    await writeFile(join(folder, 'log.1'), row('three') + row('begun and ', 'P'))
    await writeFile(log, row('ended') + row('five'))
    await writeFile(join(folder, 'logs.txt'), row('foreign'))
  })

  it('is read from its oldest file on, lines that reach over two files in one piece', async () => {
    expect((await logFiles(folder)).map(({ path }) => path.slice(folder.length + 1))).toEqual([
      'log.2',
      'log.1',
      'log',
    ])
    expect(await all()).toEqual(['one', 'two', 'three', 'begun and ended', 'five'])
  })

  it.each<[number, string[]]>([
    [1, ['five']],
    [2, ['ended', 'five']],
    [4, ['two', 'three', 'begun and ended', 'five']],
    [50, ['one', 'two', 'three', 'begun and ended', 'five']],
  ])('gives its last %i lines', async (tail, wanted) => {
    expect((await tailLog(folder, tail)).map(({ text }) => text)).toEqual(wanted)
  })

  it('has its times in UTC, so that those of other hosts can be compared', async () => {
    const [line] = await tailLog(folder, 1)
    expect(line?.at).toBe('2026-11-20T16:55:13.046064255Z')
  })
})

describe('a log that is followed', () => {
  it('gives each line once over rotations, removed files and a beginning without a log', async () => {
    const follower = await follow()
    await writeFile(log, row('1'))
    await follower.until('1')
    await appendFile(log, row('2'))
    await rename(log, join(folder, 'log.1'))
    await appendFile(join(folder, 'log.1'), row('3')) // conmon has not opened the new one yet
    await follower.until('3')
    await writeFile(log, row('4'))
    await follower.until('4')
    await rename(join(folder, 'log.1'), join(folder, 'log.2'))
    await rename(log, join(folder, 'log.1'))
    await writeFile(log, row('5'))
    await rename(log, join(folder, 'log.0')).then(() => rename(join(folder, 'log.0'), log))
    await unlink(join(folder, 'log.2'))
    await follower.until('5')
    await writeFile(join(folder, 'log.tmp'), row('6')) // conmon at its own limit
    await rename(join(folder, 'log.tmp'), log)
    await follower.until('6')
    expect(await follower.end()).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  it('does not take a new file for a removed one whose inode it was given', async () => {
    const follower = await follow()
    await writeFile(log, row('0'))
    await follower.until('0')
    await rename(log, join(folder, 'log.1'))
    await writeFile(log, row('1'))
    await follower.until('1')
    await unlink(join(folder, 'log.1'))
    await writeFile(join(folder, 'log.tmp'), row('2')) // ext4 gives it the inode that is free again
    await rename(join(folder, 'log.tmp'), log) // conmon at its own limit
    await follower.until('2')
    expect(await follower.end()).toEqual(['0', '1', '2'])
  })

  it('catches up over several rotations that came between two looks', async () => {
    await writeFile(log, row('1'))
    const reader = await openLog(folder)
    expect((await take(reader.history())).map(({ text }) => text)).toEqual(['1'])
    await appendFile(log, row('2'))
    for (const [old, next] of [
      ['2', '3'],
      ['3', '4'],
    ]) {
      for (const name of (await readdir(folder))
        .filter((one) => one !== 'log')
        .sort()
        .reverse())
        await rename(join(folder, name), join(folder, `log.${Number(name.slice(4)) + 1}`))
      await rename(log, join(folder, 'log.1'))
      await writeFile(log, row(`${next} after ${old}`))
    }
    const rest = await take(reader.live(AbortSignal.abort()))
    expect(rest.map(({ text }) => text)).toEqual(['2', '3 after 2', '4 after 3'])
    await reader.close()
  })

  it.each([0, 1])('never goes back before its last %i lines when its file is removed', async (tail) => {
    await writeFile(join(folder, 'log.2'), row('old'))
    await writeFile(join(folder, 'log.1'), row('older than asked for'))
    await writeFile(log, row('last'))
    const follower = await follow(tail)
    await appendFile(log, row('1'))
    await follower.until('1')
    await writeFile(join(folder, 'log.tmp'), row('2'))
    await rename(join(folder, 'log.tmp'), log) // conmon at its own limit
    await follower.until('2')
    expect(await follower.end()).toEqual([...(tail === 0 ? [] : ['last']), '1', '2'])
  })

  it('gives what comes after its opening to whoever follows, and to nobody else', async () => {
    await writeFile(log, ['1', '2', '3'].map((text) => row(text)).join(''))
    const reader = await openLog(folder, 2)
    await appendFile(log, row('4'))
    expect((await take(reader.history())).map(({ text }) => text)).toEqual(['2', '3'])
    expect((await take(reader.live(AbortSignal.abort()))).map(({ text }) => text)).toEqual(['4'])
    await reader.close()
  })

  it('ends with what was written until then', async () => {
    await writeFile(log, row('1'))
    const follower = await follow(0)
    await follower.until()
    await appendFile(log, row('2'))
    expect(await follower.end()).toEqual(['2'])
  })
})

async function all(): Promise<string[]> {
  const reader = await openLog(folder)
  const lines = await take(reader.history())
  await reader.close()
  return lines.map(({ text }) => text)
}

async function take(batches: AsyncGenerator<LogLine[]>): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const some of batches) lines.push(...some)
  return lines
}

async function follow(tail?: number) {
  const stop = new AbortController()
  const seen: string[] = []
  const reader = await openLog(folder, tail)
  const done = (async () => {
    for await (const lines of reader.live(stop.signal)) seen.push(...lines.map(({ text }) => text))
    await reader.close()
  })()
  return {
    until: (text?: string) =>
      text === undefined
        ? undefined
        : expect.poll(() => seen.at(-1), { interval: 5, timeout: 5_000 }).toBe(text),
    async end() {
      stop.abort()
      await done
      return seen
    },
  }
}
