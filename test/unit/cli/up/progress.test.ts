import { describe, expect, it } from 'vitest'
import { painter } from '../../../../controller/cli/format/paint.ts'
import { progressLines } from '../../../../controller/cli/up/progress.ts'
import type { StackStatus, StatusDocument } from '../../../../schemas/status.ts'
import { aCondition, aStack, aStatus, REVISION } from '../../api/fake-service.ts'

const BAD = 'bad0bad01234567890bad0bad01234567890bad0b'
const lines = (before: StatusDocument | undefined, after: StatusDocument) =>
  progressLines(before, after, painter(false))

function rolling(healthy: number): StackStatus {
  const [web] = aStack().services
  return aStack({
    outcome: 'rolling',
    revision: { attempted: REVISION, applied: null },
    conditions: [aCondition('Ready', 'False', 'Rolling', 'on its way')],
    services: web ? [{ ...web, desired: 3, healthy }] : [],
  })
}

describe('progress', () => {
  it('tells of the way of a stack, and nothing twice', () => {
    const steps = [aStatus(rolling(0)), aStatus(rolling(0)), aStatus(rolling(2)), aStatus(aStack())]
    expect(steps.flatMap((step, at) => lines(steps[at - 1], step))).toEqual([
      'hello        rolling to c0ffee1',
      'hello        2/3 tasks serve',
      'hello        converged at c0ffee1, 1/1 tasks serve',
    ])
  })

  it('tells why a stack was rolled back', () => {
    const failure = {
      service: 'web',
      slot: 1,
      taskId: 't',
      host: 'alpha',
      code: 'TASK_EXITED',
      message: 'it exited',
      exitCode: 3,
      log: ['no such file'],
      at: '2026-01-01T10:00:00Z',
    }
    const after = aStack({
      outcome: 'rolledBack',
      revision: { attempted: BAD, applied: REVISION },
      conditions: [aCondition('Stalled', 'True', 'RolledBack', 'web.1 exited with 3')],
      failure,
    })
    expect(lines(aStatus(rolling(1)), aStatus(after))).toEqual([
      'hello        rolled back to c0ffee1: web.1 exited with 3',
      '  hello/web.1 on alpha: it exited (exit code 3)',
      '    log | no such file',
    ])
  })

  it('tells of drift that comes and goes, of new problems and of what is removed', () => {
    const drifted = aStack({
      conditions: [
        aCondition('Ready', 'True', 'Converged', ''),
        aCondition('Drifted', 'True', 'X', 'memory differs'),
      ],
    })
    const problem = aStack({ problems: ['a.yaml:1:1 unknown key'] })
    expect(lines(aStatus(), aStatus(drifted))).toEqual(['hello        drifted: memory differs'])
    expect(lines(aStatus(drifted), aStatus())).toEqual(['hello        drift is gone'])
    expect(lines(aStatus(), aStatus(problem))).toEqual(['hello        a.yaml:1:1 unknown key'])
    expect(lines(aStatus(problem), aStatus(problem))).toEqual([])
    expect(lines(aStatus(), { ...aStatus(), stacks: [] })).toEqual(['hello        removed'])
  })

  it('tells of sources and hosts that stop answering, and answer again', () => {
    const away = aStatus()
    for (const source of away.sources)
      source.error = { code: 'X', message: 'no answer', hint: 'look at the network' }
    for (const host of away.hosts) host.state = 'lost'
    expect(lines(aStatus(), away)).toEqual([
      'source demo  no answer',
      '  look at the network',
      'host alpha   lost',
    ])
    expect(lines(away, away)).toEqual([])
    expect(lines(away, aStatus())).toEqual(['source demo  answers again', 'host alpha   ready'])
  })
})
