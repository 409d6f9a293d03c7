import { expect, it } from 'vitest'
import { systemClock } from '../../../../agent/clock.ts'
import { type Entry, newEntry, type Prepared } from '../../../../agent/task/entry.ts'
import { createSweeper } from '../../../../agent/task/leftovers/sweeper.ts'
import type { TaskState } from '../../../../schemas/task.ts'
import { aTask, quiet } from '../parts.ts'

/** What the sweeper says of the image `app` when its tasks are these. */
function isUsed(...entries: Entry[]): boolean {
  let asked: ((id: string) => boolean) | undefined
  const nothing = async () => {}
  const sweeper = createSweeper({
    entries: () => entries,
    images: {
      resolve: () => Promise.reject(new Error('not here')),
      mountFor: async () => '',
      unmountFor: nothing,
      release: async (inUse) => {
        asked = inUse
      },
    },
    volumes: {
      resolve: () => Promise.reject(new Error('not here')),
      check: nothing,
      release: nothing,
      list: async () => [],
      remove: nothing,
    },
    contents: { resolve: async () => [], release: nothing },
    secrets: { resolve: async () => [], remove: nothing, release: nothing },
    clock: systemClock,
    log: quiet,
  })
  sweeper.afterTask()
  sweeper.close()
  return asked?.('app') ?? false
}

function inState(state: TaskState, image?: string): Entry {
  const entry = newEntry(aTask(), null, 0)
  const prepared = image === undefined ? null : ({ image: { id: image } } as Prepared)
  return { ...entry, prepared, status: { ...entry.status, state } }
}

it.each<[boolean, string, Entry[]]>([
  [false, 'nobody has it', []],
  [false, 'others have another one', [inState('running', 'other')]],
  [true, 'a task runs in it', [inState('running', 'other'), inState('running', 'app')]],
  [true, 'a task that ended may start again in it', [inState('failed', 'app')]],
  [true, 'a task is being prepared', [inState('preparing')]],
  [true, 'a task waits for another one to make room', [inState('assigned')]],
])('takes an image for used: %s, when %s', (used, _, entries) => {
  expect(isUsed(...entries)).toBe(used)
})
