import { expect, it } from 'vitest'
import { ask } from '../../../controller/session/ask.ts'
import { FRAME, type Frame, jsonFrame, jsonOf } from '../../../schemas/session/frames.ts'

const asking = { host: 'alpha', frame: FRAME.processes, deadline: 20 }
const END = jsonFrame(FRAME.end, {})

/** A host that says these frames, and then nothing until it is let go. */
function hostOf(frames: Frame[]) {
  const closed = Promise.withResolvers<undefined>()
  const channel = {
    signal: new AbortController().signal,
    send: async () => {},
    receive: async () => frames.shift() ?? closed.promise,
    close: async () => closed.resolve(undefined),
  }
  return { open: async () => channel, closed: closed.promise }
}

it('gives the frames that were asked for, and lets the host go', async () => {
  const { open, closed } = hostOf([jsonFrame(FRAME.processes, [1]), jsonFrame(FRAME.notice, 'x'), END])
  expect((await ask(open, asking)).map(jsonOf)).toEqual([[1]])
  await closed
})

it('waits no longer than its deadline for a host that has begun and says no more', async () => {
  const { open, closed } = hostOf([jsonFrame(FRAME.processes, [1])])
  await expect(ask(open, { ...asking, hint: 'Look at it.' })).rejects.toMatchObject({
    ...{ code: 'DEADLINE_PASSED', message: 'alpha was not done within 0.02 s.', hint: 'Look at it.' },
  })
  await closed
})

it('gives up a host that says too much', async () => {
  const frame = { type: FRAME.processes, payload: Buffer.alloc(256 * 1024) }
  const { open } = hostOf(Array.from({ length: 65 }, () => frame))
  await expect(ask(open, asking)).rejects.toMatchObject({ code: 'SESSION_BROKEN' })
})
