import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Channel, openChannel, type Transport, WINDOW } from '../../../schemas/session/channel.ts'
import { createCipher } from '../../../schemas/session/cipher.ts'
import { decodeFrame, encodeFrame, FRAME, MAX_PAYLOAD } from '../../../schemas/session/frames.ts'

const key = randomBytes(32)
const salt = randomBytes(32)
const cipher = (end: 'controller' | 'agent', sessionId = 's1', ownSalt = salt) =>
  createCipher({ key, sessionId, salt: ownSalt, end })
const frame = (text: string) => ({ type: FRAME.output, payload: Buffer.from(text) })
const opened: Channel[] = []

afterEach(() => vi.useRealTimers())
afterEach(() => Promise.all(opened.splice(0).map((channel) => channel.close())))

describe('cipher', () => {
  it('opens what the other end has sealed, in order', () => {
    const [controller, agent] = [cipher('controller'), cipher('agent')]
    const sealed = ['one', 'two', 'three'].map((text) => controller.seal(Buffer.from(text)))
    expect(sealed.map((bytes) => agent.open(bytes).toString())).toEqual(['one', 'two', 'three'])
    expect(sealed.some((bytes) => bytes.includes('two'))).toBe(false)
  })

  it.each<[string, (sealed: Buffer[]) => (Buffer | undefined)[]]>([
    ['replayed', ([one]) => [one, one]],
    ['left out', ([, two]) => [two]],
    ['swapped', ([one, two]) => [two, one]],
    ['cut short', ([one]) => [one?.subarray(0, -1)]],
    ['empty', () => [Buffer.alloc(0)]],
    ['changed', ([one]) => [one && Buffer.from(one).fill(one.readUInt8(0) ^ 1, 0, 1)]],
    ['made up', () => [randomBytes(64)]],
  ])('notices a frame that is %s', (_, meddle) => {
    const [controller, agent] = [cipher('controller'), cipher('agent')]
    const sealed = [controller.seal(Buffer.from('one')), controller.seal(Buffer.from('two'))]
    const open = () => meddle(sealed).map((bytes) => agent.open(bytes ?? Buffer.alloc(0)))
    expect(open).toThrow(expect.objectContaining({ code: 'SESSION_BROKEN' }))
  })

  it('does not take a frame of its own direction, of another session or of another salt', () => {
    const sealed = cipher('controller').seal(Buffer.from('one'))
    for (const other of [cipher('controller'), cipher('agent', 's2'), cipher('agent', 's1', randomBytes(32))])
      expect(() => other.open(sealed)).toThrow(expect.objectContaining({ code: 'SESSION_BROKEN' }))
  })
})

describe('frames', () => {
  it('come back as they went', () => {
    expect(decodeFrame(encodeFrame(frame('hello')))).toEqual(frame('hello'))
  })
  it('have a cap in both directions', () => {
    const large = { type: FRAME.output, payload: Buffer.alloc(MAX_PAYLOAD + 1) }
    expect(() => encodeFrame(large)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(MAX_PAYLOAD + 2)])
      expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code: 'SESSION_BROKEN' }))
  })
})

describe('channel', () => {
  it('hands frames over in order and tells of the end', async () => {
    const { controller, agent } = pair()
    await Promise.all(['a', 'b', 'c'].map((text) => agent.send(frame(text))))
    expect([await text(controller), await text(controller), await text(controller)]).toEqual(['a', 'b', 'c'])
    await agent.send(frame('last'))
    await agent.close()
    expect(await text(controller)).toBe('last')
    expect(await controller.receive()).toBeUndefined()
    await expect(controller.send(frame('late'))).rejects.toMatchObject({ code: 'SESSION_LOST' })
  })

  it('makes a writer wait for a reader that is slow, and goes on when it reads', async () => {
    const { controller, agent, wire } = pair()
    let sent = 0
    const all = (async () => {
      for (; sent < 64; sent++) await agent.send({ type: FRAME.output, payload: Buffer.alloc(MAX_PAYLOAD) })
    })()
    await expect.poll(() => wire.carried).toBeGreaterThan(WINDOW)
    expect(sent * MAX_PAYLOAD).toBeLessThanOrEqual(WINDOW)
    for (let read = 0; read < 64; read++)
      expect((await controller.receive())?.payload.length).toBe(MAX_PAYLOAD)
    await all
  })

  it('ends when a frame was meddled with, for a reader and a waiting writer', async () => {
    const { controller, agent, wire } = pair()
    wire.meddle = (sealed) => Buffer.from(sealed).fill(0, 0, 1)
    await agent.send(frame('x'))
    await expect(controller.receive()).rejects.toMatchObject({ code: 'SESSION_BROKEN' })
    expect(controller.signal.aborted).toBe(true)
    await expect(controller.send(frame('y'))).rejects.toMatchObject({ code: 'SESSION_BROKEN' })
  })

  it('ends when nothing is heard of the other end, and not while both live', async () => {
    const { controller, wire } = pair(600)
    await expect.poll(() => wire.carried, { timeout: 10_000 }).toBeGreaterThan(100)
    expect(controller.signal.aborted).toBe(false)
    wire.meddle = () => undefined
    await expect(controller.receive()).rejects.toMatchObject({ code: 'SESSION_LOST' })
  })

  it('lives on when the clock jumps', async () => {
    const { controller, wire } = pair(1_500)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 60 * 60_000 })
    await expect.poll(() => controller.signal.aborted || wire.carried > 50, { timeout: 10_000 }).toBe(true)
    expect(controller.signal.aborted).toBe(false)
  })

  it('ends when what carries it fails', async () => {
    const { controller, wire } = pair()
    wire.broken = true
    await expect(controller.receive()).rejects.toMatchObject({
      code: 'SESSION_LOST',
      message: expect.stringContaining('the line is cut'),
    })
  })
})

async function text(channel: Channel): Promise<string | undefined> {
  return (await channel.receive())?.payload.toString()
}

interface Wire {
  carried: number
  broken: boolean
  meddle(sealed: Buffer): Buffer | undefined
}

function pair(silence = 30_000) {
  const wire: Wire = { carried: 0, broken: false, meddle: (sealed) => sealed }
  const boxes = { controller: mailbox(), agent: mailbox() }
  const open = (end: 'controller' | 'agent', other: 'controller' | 'agent') => {
    const transport: Transport = {
      async append(sealed) {
        wire.carried += sealed.length
        const arrives = wire.meddle(sealed)
        if (arrives) boxes[other].put(arrives)
      },
      async read() {
        const got = await boxes[end].take()
        if (wire.broken) throw new Error('the line is cut')
        return got
      },
      close: () => boxes[end].close(),
    }
    const channel = openChannel({ transport, cipher: cipher(end), silence })
    opened.push(channel)
    return channel
  }
  return { wire, controller: open('controller', 'agent'), agent: open('agent', 'controller') }
}

function mailbox() {
  const letters: Buffer[] = []
  let closed = false
  let wake = () => {}
  return {
    put(letter: Buffer) {
      letters.push(letter)
      wake()
    },
    async take(): Promise<Buffer[]> {
      if (letters.length === 0 && !closed)
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, 20)
        })
      return letters.splice(0)
    },
    close() {
      closed = true
      wake()
    },
  }
}
