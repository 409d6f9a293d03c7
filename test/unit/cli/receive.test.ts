import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Live } from '../../../controller/cli/client/live.ts'
import { receiveFiles } from '../../../controller/cli/copy/receive.ts'
import { FRAME, type Frame, jsonFrame } from '../../../schemas/session/frames.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-receive-'))
})
afterEach(() => rm(folder, { recursive: true }))

const entry = (path: string, type: string, rest = {}) =>
  jsonFrame(FRAME.entry, { path, type, mode: 0o644, modified: 0, ...rest })
/** Its way breaks off there. */
const BROKEN: Frame = { type: FRAME.notice, payload: Buffer.from('{') }
const bytes = (text: string): Frame => ({ type: FRAME.output, payload: Buffer.from(text) })

async function receive(...frames: Frame[]): Promise<void> {
  const live = {
    frames: async function* () {
      yield* frames
    },
  } as unknown as Live
  await receiveFiles(live, { target: join(folder, 'target'), name: undefined, report: () => {} })
}

describe('what a container sends', () => {
  it('becomes files, in place of files and links that are there', async () => {
    await mkdir(join(folder, 'target'))
    await writeFile(join(folder, 'kept'), 'kept')
    await symlink('../kept', join(folder, 'target/a'))
    await receive(
      entry('', 'folder'),
      entry('a', 'file'),
      bytes('new'),
      bytes(' bytes'),
      entry('b', 'link', { target: 'a' }),
    )
    expect(await readFile(join(folder, 'target/a'), 'utf8')).toBe('new bytes')
    expect(await readFile(join(folder, 'target/b'), 'utf8')).toBe('new bytes')
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('kept')
  })

  it('is copied as far as it comes, and is no success when something of it was left out', async () => {
    const left = jsonFrame(FRAME.notice, { text: 'a was left out', isLoss: true })
    const received = receive(entry('', 'folder'), left, entry('b', 'file'), bytes('new'))
    await expect(received).rejects.toMatchObject({
      code: 'COPY_FAILED',
      message: expect.stringMatching(/not whole/),
    })
    expect(await readFile(join(folder, 'target/b'), 'utf8')).toBe('new')
  })

  it('leaves what was there as long as a file is not whole', async () => {
    await writeFile(join(folder, 'target'), 'old')
    await expect(receive(entry('', 'file'), bytes('new'), entry('../x', 'file'))).rejects.toThrow()
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('new')
    const endless = receive(entry('', 'file'), bytes('newer'), BROKEN)
    await expect(endless).rejects.toMatchObject({ code: 'SESSION_BROKEN' })
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('new')
    expect(await readdir(folder)).toEqual(['target'])
  })

  it.each<[string, Frame[]]>([
    ['a path upwards', [entry('', 'folder'), entry('../x', 'file')]],
    ['a path upwards in the middle', [entry('', 'folder'), entry('a', 'folder'), entry('a/../../x', 'file')]],
    ['an absolute path', [entry('', 'folder'), entry('/x', 'file')]],
    [
      'a file in a link that came with it',
      [entry('', 'folder'), entry('l', 'link', { target: '..' }), entry('l/x', 'file')],
    ],
    [
      'a folder over a link that came with it',
      [entry('', 'folder'), entry('l', 'link', { target: '..' }), entry('l', 'folder'), entry('l/x', 'file')],
    ],
    ['a file in a folder that was never sent', [entry('', 'folder'), entry('a/x', 'file')]],
    ['bytes of nothing', [bytes('x')]],
    ['no entry at all', [jsonFrame(FRAME.entry, { path: 'x' })]],
  ])('is refused when it is %s', async (_, frames) => {
    await expect(receive(...frames)).rejects.toMatchObject({ code: 'COPY_FAILED' })
    expect(await readdir(folder)).toEqual(frames.length > 1 ? ['target'] : [])
  })
})
