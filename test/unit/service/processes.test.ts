import { expect, it } from 'vitest'
import { createProcesses } from '../../../controller/service/processes.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { FRAME, jsonFrame } from '../../../schemas/session/frames.ts'
import type { ProcessLine } from '../../../schemas/session/request.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aStatus, sha } from '../../support/builders.ts'

function aTask(id: string, task: Partial<TaskStatus> = {}): TaskStatus {
  const place = { stack: 'shop', service: 'web', slot: 1, host: 'alpha', revision: sha(1), fingerprint: 'f' }
  return aStatus({ id, ...place, ...task }, task)
}

const line = (pid: number): ProcessLine => ({
  ...{ pid, innerPid: 1, user: '0', cpu: 0, memory: 0, startedAt: '2026-01-01T00:00:00Z', argv: ['serve'] },
})

const fleet = aFleet(
  aHost('alpha', [aTask('web-2', { slot: 2 }), aTask('once', { service: 'once', state: 'complete' })]),
  aHost('beta', [aTask('web-1'), aTask('db-1', { service: 'db' })]),
  aHost('gamma', [aTask('other', { stack: 'blog' })]),
)

const { stackProcesses } = createProcesses({
  observed: () => fleet,
  async open({ task }) {
    if (task.service === 'db') throw new SetpointError('SESSION_LOST', 'beta did not answer within 10 s.')
    const frames = [jsonFrame(FRAME.processes, [line(10 + task.slot)]), jsonFrame(FRAME.end, {})]
    return {
      signal: new AbortController().signal,
      send: async () => {},
      receive: async () => frames.shift(),
      close: async () => {},
    }
  },
  checkStack(stack) {
    if (stack !== 'shop') throw new SetpointError('STACK_NOT_FOUND', `There is no stack ${stack}.`)
  },
})

it('gives the processes of all running tasks of a stack, and names those that could not be asked', async () => {
  expect(await stackProcesses('shop')).toEqual({
    stack: 'shop',
    tasks: [
      { taskId: 'web-1', service: 'web', slot: 1, host: 'beta', processes: [line(11)] },
      { taskId: 'web-2', service: 'web', slot: 2, host: 'alpha', processes: [line(12)] },
    ],
    missing: [
      {
        ...{ taskId: 'db-1', service: 'db', slot: 1, host: 'beta' },
        error: { code: 'SESSION_LOST', message: 'beta did not answer within 10 s.' },
      },
    ],
  })
  await expect(stackProcesses('none')).rejects.toMatchObject({ code: 'STACK_NOT_FOUND' })
})
