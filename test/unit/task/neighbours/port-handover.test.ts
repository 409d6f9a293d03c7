import { expect, it } from 'vitest'
import { newEntry } from '../../../../agent/task/entry.ts'
import { createPortHandover } from '../../../../agent/task/neighbours/port-handover.ts'
import type { Runner } from '../../../../agent/task/runner.ts'
import { aTask } from '../parts.ts'

const port = { target: 80, published: 8080, protocol: 'tcp' as const }
const publishing = (id: string, service: string, hostIp?: string) =>
  aTask({
    id,
    service,
    container: { ports: [{ ...port, ...(hostIp && { hostIp }) }], stopGracePeriod: 5_000 },
  })

/** A runner of a task, and a clock, both in the test's hand. */
function given(wanted: 'run' | 'removed', old = publishing('old', 'before')) {
  const gone = Promise.withResolvers<void>()
  const entry = { ...newEntry(old, null, 0), wanted }
  const runner = { entry: () => entry, gone: gone.promise } as unknown as Runner
  const timers: { ms: number; fn: () => void }[] = []
  const clock = {
    now: () => 0,
    uptime: () => 0,
    after: (ms: number, fn: () => void) => {
      timers.push({ ms, fn })
      return () => {}
    },
  }
  const told: string[] = []
  const awaitPorts = createPortHandover({ all: () => [runner] }, clock)
  return {
    told,
    timers,
    leave: gone.resolve,
    wait: (task = publishing('new', 'after')) => awaitPorts(task, (text) => told.push(text)),
  }
}

it('waits until the task that leaves with the port is gone, and tells so', async () => {
  const { told, leave, wait } = given('removed')
  const waiting = wait()
  expect(told).toEqual(['waits for a port that web/before.1 gives up'])
  leave()
  await waiting
})

it('waits no longer than that one has to stop and to be taken apart', async () => {
  const { timers, wait } = given('removed')
  const waiting = wait()
  expect(timers.map(({ ms }) => ms)).toEqual([35_000])
  for (const { fn } of timers) fn()
  await waiting
})

it.each([
  ['who stays', given('run'), undefined],
  ['a task of its own service, with which it shares the port', given('removed'), publishing('new', 'before')],
  [
    'who has it at another address',
    given('removed', publishing('old', 'before', '10.0.0.1')),
    publishing('new', 'after', '10.0.0.2'),
  ],
])('does not wait for %s', async (_, { told, wait }, task) => {
  await wait(task)
  expect(told).toEqual([])
})
