import { appendFile, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyOut } from '../../../agent/session/copy-out.ts'
import type { Channel } from '../../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonOf } from '../../../schemas/session/frames.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-copy-'))
  await mkdir(join(folder, 'etc'))
})
afterEach(() => rm(folder, { recursive: true }))

const inEtc = (...name: (string | number[])[]) =>
  Buffer.concat([join(folder, 'etc/'), ...name].map((part) => Buffer.from(part as string)))

/** What is sent of a folder of a container, its bytes left out. */
async function sent(path: string, from = folder): Promise<unknown[]> {
  return (await frames(path, { from })).filter(({ type }) => type !== FRAME.output).map(jsonOf)
}

async function frames(
  path: string,
  { from = folder, meanwhile = async () => {} }: { from?: string; meanwhile?: () => Promise<void> },
): Promise<Frame[]> {
  const frames: Frame[] = []
  const send = async (frame: Frame) => {
    frames.push(frame)
    await meanwhile()
  }
  const channel = { send } as unknown as Channel
  const root = await open(from)
  try {
    const request = { kind: 'copy', taskId: 'a', direction: 'out', path } as const
    await copyOut({ request, channel, root, pid: process.pid })
  } finally {
    await root.close()
  }
  return frames
}

it('leaves out of a container, and tells of, what has a name that is not UTF-8', async () => {
  await writeFile(inEtc([0xff, 0xfe]), 'x')
  await writeFile(inEtc('grün'), 'x')
  await symlink(Buffer.from([0xff]), inEtc('link'))
  expect(await sent('/etc')).toMatchObject([
    { path: '', type: 'folder' },
    { path: 'grün', type: 'file' },
    { text: 'link leads to a name that is not UTF-8 and was left out', isLoss: true },
    { text: '\ufffd\ufffd has a name that is not UTF-8 and was left out', isLoss: true },
  ])
})

it.each(['/proc/self/status', '/proc', '/sys/kernel'])(
  'leaves %s out, which may have no end',
  async (path) => {
    expect(await sent(path, '/')).toEqual([
      { text: 'what was asked for is a file of the kernel, as all of /proc and /sys, and was left out' },
    ])
  },
)

it('ends with what a file had at first while that is written to', async () => {
  const file = join(folder, 'etc/log')
  await writeFile(file, 'begun')
  const [entry, ...bytes] = await frames('/etc/log', { meanwhile: () => appendFile(file, ' and more') })
  expect(jsonOf(entry as Frame)).toMatchObject({ type: 'file', size: 5 })
  expect(Buffer.concat(bytes.map(({ payload }) => payload)).toString()).toBe('begun')
})
