import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Live } from '../../../controller/cli/client/live.ts'
import { sendFiles } from '../../../controller/cli/copy/send.ts'
import { FRAME, type Frame, jsonOf } from '../../../schemas/session/frames.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-send-'))
})
afterEach(() => rm(folder, { recursive: true }))

const here = (...name: number[]) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)])

/** Sends to a task that takes everything. */
async function send(source: string) {
  const frames: Frame[] = []
  const told: string[] = []
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const live: Live = {
    send: async (frame) => {
      frames.push(frame)
      if (frame.type === FRAME.inputEnd) end()
    },
    // biome-ignore lint/correctness/useYield: it says nothing until its end
    frames: async function* () {
      await ended
    },
    close: () => {},
  }
  const failure = await sendFiles(async () => live, {
    ...{ source, follow: false },
    report: (text) => told.push(text),
  }).catch((error) => error)
  const entries = frames.filter(({ type }) => type === FRAME.entry).map(jsonOf)
  return { entries, told, failure }
}

it('leaves out what has a name that is not UTF-8, tells of it, and copies the rest', async () => {
  await writeFile(here(0x61, 0xff), 'x')
  await writeFile(join(folder, 'b'), 'x')
  await symlink(Buffer.from([0xff]), join(folder, 'c'))
  const { entries, told, failure } = await send(folder)
  expect(entries).toMatchObject([{ path: '' }, { path: 'b' }])
  expect(told).toEqual([
    `${folder}/a\ufffd has a name that is not UTF-8 and was left out`,
    `${folder}/c leads to a name that is not UTF-8 and was left out`,
  ])
  expect(failure).toMatchObject({ code: 'COPY_FAILED', message: expect.stringContaining('2 things') })
})

it('says that a name on the command line is not UTF-8', async () => {
  await writeFile(here(0xff), 'x')
  const { failure } = await send(here(0xff).toString())
  expect(failure).toMatchObject({ code: 'COPY_FAILED', message: expect.stringContaining('is not UTF-8') })
})
