import { describe, expect, it, vi } from 'vitest'
import { jittered, type PollHandlers, poll } from '../../../controller/git/poller.ts'
import type { Source } from '../../../controller/git/source.ts'
import { SetpointError } from '../../../schemas/error.ts'

const unreachable = new SetpointError('SOURCE_UNREACHABLE', 'gone')

/** A poller on a source that is at `head` and a timer that is set off by hand. */
function polling(handlers: Partial<PollHandlers> = {}) {
  const timers: { ms: number; fire: () => void; off: boolean }[] = []
  const state = { head: 'one' as string | Error, looks: 0, reads: [] as string[], noticed: () => {} }
  const source: Source = {
    name: 'infra',
    url: '/srv/infra',
    branch: 'main',
    async latest() {
      state.looks += 1
      if (state.head instanceof Error) throw state.head
      return state.head
    },
    async read(revision) {
      state.reads.push(revision)
      return { revision, files: new Map() }
    },
    async watch(wake) {
      state.noticed = wake
    },
    async close() {},
  }
  const onTree = vi.fn(handlers.onTree ?? (() => {}))
  const onError = vi.fn(handlers.onError ?? (() => {}))
  const onSeen = vi.fn(handlers.onSeen ?? (() => {}))
  const options = {
    interval: 1000,
    retryInterval: 100,
    random: () => 0.5,
    timer(ms: number, fire: () => void) {
      const timer = { ms, fire, off: false }
      timers.push(timer)
      return () => {
        timer.off = true
      }
    },
  }
  const poller = poll(source, options, { onTree, onError, onSeen })
  const revisions = () => onTree.mock.calls.map(([tree]) => tree.revision)
  const armed = () => timers.filter(({ off }) => !off)
  return { poller, state, source, timers, armed, onTree, onError, onSeen, revisions }
}

/** Ends when the look under way has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('poll', () => {
  it('looks at once and hands out the tree', async () => {
    const { revisions, onSeen } = polling()
    await settled()
    expect(revisions()).toEqual(['one'])
    expect(onSeen).toHaveBeenCalledWith('one')
  })

  it('looks again after the interval, and reads nothing while the head stays', async () => {
    const { armed, state, revisions } = polling()
    await settled()
    expect(armed().map(({ ms }) => ms)).toEqual([1000])
    armed()[0]?.fire()
    await settled()
    expect(state.looks).toBe(2)
    expect(state.reads).toEqual(['one'])
    expect(revisions()).toEqual(['one'])
  })

  it('hands out what the head has become, also when that is an older revision', async () => {
    const { poller, state, revisions } = polling()
    await poller.wake()
    for (const head of ['two', 'one']) {
      state.head = head
      await poller.wake()
    }
    expect(revisions()).toEqual(['one', 'two', 'one'])
  })

  it('looks again after the retry interval when a look failed, and tells why', async () => {
    const { armed, poller, state, onError, revisions } = polling()
    state.head = unreachable
    await poller.wake()
    expect(onError).toHaveBeenCalledWith(unreachable)
    expect(armed().at(-1)?.ms).toBe(100)
    state.head = 'two'
    armed().at(-1)?.fire()
    await settled()
    expect(revisions().at(-1)).toBe('two')
    expect(armed().at(-1)?.ms).toBe(1000)
  })

  it('tells that a source is well again though its head is the one handled before', async () => {
    const { poller, state, onSeen, revisions } = polling()
    await poller.wake()
    state.head = unreachable
    await poller.wake()
    onSeen.mockClear()
    state.head = 'one'
    await poller.wake()
    expect(onSeen).toHaveBeenCalledWith('one')
    expect(revisions()).toEqual(['one'])
  })

  it('hands the same tree out again until it has been handled', async () => {
    let refuse = true
    const { poller, onError, revisions } = polling({
      async onTree() {
        if (refuse) throw new Error('state folder is full')
      },
    })
    await poller.wake()
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      message: expect.stringContaining('state folder is full'),
    })
    refuse = false
    await poller.wake()
    await poller.wake()
    const seen = revisions()
    expect(seen.every((revision) => revision === 'one')).toBe(true)
    expect(seen).toHaveLength(onError.mock.calls.length + 1)
  })

  it('has one look at a time, and one more for all the wakes during it', async () => {
    const gate = Promise.withResolvers<void>()
    let open = 0
    const { poller, state } = polling({
      async onTree() {
        open += 1
        expect(open).toBe(1)
        await gate.promise
        open -= 1
      },
    })
    await settled()
    expect(state.looks).toBe(1)
    state.head = 'two'
    const wakes = [poller.wake(), poller.wake(), poller.wake()]
    state.noticed()
    await settled()
    expect(state.looks).toBe(1)
    gate.resolve()
    await Promise.all(wakes)
    expect(state.looks).toBe(2)
    expect(state.reads).toEqual(['one', 'two'])
  })

  it('resolves a wake only when a look that began after it is over', async () => {
    const { poller, state, revisions } = polling()
    const first = poller.wake()
    state.head = 'two'
    const second = poller.wake()
    await first
    await second
    expect(revisions().at(-1)).toBe('two')
  })

  it('resolves a wake also when the look fails', async () => {
    const { poller, state } = polling()
    state.head = unreachable
    await expect(poller.wake()).resolves.toBeUndefined()
  })

  it('looks when the source notices a change', async () => {
    const { state, revisions } = polling()
    await settled()
    state.head = 'two'
    state.noticed()
    await settled()
    expect(revisions()).toEqual(['one', 'two'])
  })

  it('leaves one timer, however often it is woken', async () => {
    const { poller, armed } = polling()
    for (let wake = 0; wake < 5; wake++) await poller.wake()
    expect(armed()).toHaveLength(1)
  })

  it('polls on when the source cannot be watched, and says so', async () => {
    const { source, onError } = polling()
    source.watch = async () => {
      throw new Error('no inotify')
    }
    const handlers = { onTree: vi.fn(), onError }
    const other = poll(source, { interval: 1, retryInterval: 1, timer: () => () => {} }, handlers)
    await other.wake()
    expect(handlers.onTree).toHaveBeenCalled()
    expect(onError.mock.calls.at(-1)?.[0]).toMatchObject({ message: expect.stringContaining('no inotify') })
  })

  it('begins no look once stopped, and stops only when the one under way is over', async () => {
    const gate = Promise.withResolvers<void>()
    const { poller, state, armed, onSeen } = polling({ onTree: () => gate.promise })
    await settled()
    const stopping = poller.stop()
    const wake = poller.wake()
    state.noticed()
    gate.resolve()
    await Promise.all([stopping, wake])
    expect(onSeen).toHaveBeenCalledTimes(1)
    expect(state.looks).toBe(1)
    expect(armed()).toEqual([])
  })
})

describe('jittered', () => {
  it.each([
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ])('%d of chance makes 1000 ms %d', (random, ms) => {
    expect(jittered(1000, () => random)).toBeCloseTo(ms)
  })
})
