import { describe, expect, it } from 'vitest'
import { painter } from '../../../../controller/cli/format/paint.ts'
import { progressTeller } from '../../../../controller/cli/up/progress.ts'
import type { StackStatus, StatusDocument } from '../../../../schemas/status.ts'
import { aCondition, aStack, aStatus, REVISION } from '../../api/fake-service.ts'

const BAD = 'bad0bad01234567890bad0bad01234567890bad0b'
const lines = (before: StatusDocument | undefined, after: StatusDocument) =>
  progressTeller(painter(false))(before, after)

/** What is told over a whole sequence. */
function story(...steps: StatusDocument[]): string[] {
  const tell = progressTeller(painter(false))
  return steps.flatMap((step, at) => tell(steps[at - 1], step))
}

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
    expect(story(...steps)).toEqual([
      'hello        rolling to c0ffee1',
      'hello        2/3 tasks serve',
      'hello        converged at c0ffee1, 1/1 tasks serve',
    ])
  })

  it('counts a slot once while its task gives way to the next one', () => {
    expect(lines(aStatus(rolling(0)), aStatus(rolling(4)))).toEqual(['hello        3/3 tasks serve'])
  })

  it.each(['Waiting for its first turn.', 'Removing the stack.'])(
    'says of a stack that is to be at no revision: %s',
    (message) => {
      const stack = aStack({
        outcome: 'rolling',
        revision: { attempted: null, applied: null },
        conditions: [aCondition('Ready', 'False', 'Progressing', message)],
      })
      expect(lines(undefined, aStatus(stack))).toContain(`hello        ${message}`)
    },
  )

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
      conditions: [aCondition('Stalled', 'True', 'RolledBack', 'Went back to c0ffee1: web.1 exited with 3')],
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
    expect(lines(away, aStatus())).toEqual(['source demo  is read again', 'host alpha   ready'])
  })

  it('says nothing of a commit that does not touch a stack', () => {
    const untouched = aStack({ revision: { attempted: BAD, applied: BAD } })
    expect(lines(aStatus(), aStatus(untouched))).toEqual([])
    const [web] = untouched.services
    const tasks = web?.tasks.map((task) => ({ ...task, id: 'another' })) ?? []
    const touched = { ...untouched, services: web ? [{ ...web, tasks }] : [] }
    expect(lines(aStatus(), aStatus(touched))).toEqual(['hello        converged at bad0bad, 1/1 tasks serve'])
  })

  it('tells of a task that was restarted in its place, and why', () => {
    const again = aStack()
    for (const task of again.services.flatMap(({ tasks }) => tasks)) {
      Object.assign(task, {
        restarts: 1,
        restartAt: null,
        ended: null,
        probes: [],
        exitCode: 137,
        error: { code: 'TASK_EXITED', message: 'it was killed' },
      })
    }
    expect(story(aStatus(), aStatus(again), aStatus(again))).toEqual([
      'hello        converged at c0ffee1, 1/1 tasks serve',
      'hello        web.1 restarted: it was killed',
    ])
  })

  it.each([
    [{ restarts: 1, exitCode: 0 }, 'it exited with code 0'],
    [{ restarts: 1, exitCode: null }, 'what was in its way has gone'],
    [
      { renewals: 1, exitCode: 137 },
      'its host began it anew, since it, or a task of which it shares something, had changed',
    ],
  ])('tells another run after %j, which is no failure, from a crash', (changes, why) => {
    const again = aStack()
    for (const task of again.services.flatMap(({ tasks }) => tasks)) {
      Object.assign(task, { ...changes, error: null })
    }
    expect(story(aStatus(), aStatus(again)).at(-1)).toBe(`hello        web.1 restarted: ${why}`)
  })

  it('tells that a commit cannot be used, and each of its problems once until it is well again', () => {
    const stalled = (commit: string, ...problems: string[]) =>
      aStatus(
        aStack({
          conditions: ['Ready', 'Stalled'].map((type) =>
            aCondition(
              type as 'Ready',
              type === 'Ready' ? 'False' : 'True',
              'InvalidRevision',
              `Commit ${commit} has problems.`,
            ),
          ),
          problems: ['notice', ...problems],
        }),
      )
    const well = aStatus(aStack({ problems: ['notice'] }))
    const told = story(
      well,
      stalled('a', 'one'),
      stalled('b', 'two'),
      stalled('c', 'one'),
      well,
      stalled('d', 'one'),
    )
    expect(told.map((line) => line.slice(13))).toEqual([
      'converged at c0ffee1, 1/1 tasks serve',
      'notice',
      'Commit a has problems.',
      'one',
      'Commit b has problems.',
      'two',
      'Commit c has problems.',
      'converged at c0ffee1, 1/1 tasks serve',
      'Commit d has problems.',
      'one',
    ])
  })

  it('tells an error of a source once until it is read again', () => {
    const failing = (message: string) => {
      const document = aStatus()
      const error = { code: 'X', message }
      return { ...document, sources: document.sources.map((source) => ({ ...source, error })) }
    }
    expect(
      story(failing('a.yaml:1\nb.yaml:2'), failing('no answer'), failing('a.yaml:1\nb.yaml:2')).slice(0, 3),
    ).toEqual(['source demo  a.yaml:1', '  b.yaml:2', 'hello        converged at c0ffee1, 1/1 tasks serve'])
    const again = story(failing('x'), failing('y'), failing('x'), aStatus(), failing('x'))
    expect(again.filter((line) => line.startsWith('source'))).toEqual([
      'source demo  x',
      'source demo  y',
      'source demo  is read again',
      'source demo  x',
    ])
  })
})
