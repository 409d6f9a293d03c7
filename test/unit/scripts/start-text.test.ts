import { expect, it } from 'vitest'
import type { StackStatus } from '../../../schemas/status.ts'
import { nextSteps, takesNothing, whatRuns } from '../../../scripts/start-text.ts'
import { aCondition, aStack, aStatus, REVISION } from '../api/fake-service.ts'

const BAD = 'bad0bad01234567890bad0bad01234567890bad0b'
const place = { state: '/state', repository: '/state/demo', url: 'http://127.0.0.1:8080/', cli: 'setpoint' }
const notReady = (reason: string, message: string) => ({
  conditions: [aCondition('Ready', 'False', reason, message)],
})

function said(changes: Partial<StackStatus> = {}): string {
  const status = aStatus(aStack(changes))
  const steps = nextSteps(status, place)
  return [...whatRuns(status, undefined), ...steps].filter((line) => /^hello|^ {2}\S/.test(line)).join('\n')
}

it('says that arguments have no effect, rather than start without them', () => {
  expect(takesNothing(['--state', '/srv/x'])[0]).toBe(
    'npm start takes no arguments, and was given --state /srv/x. Nothing was started.',
  )
})

it('says what runs and what to try', () => {
  expect(said()).toMatchInlineSnapshot(`
    "hello has converged at revision c0ffee1:
      hello/web.1  healthy  pid 4242  10.89.0.2
      on alpha with crun (cgroup v2)
      1. Change something. It is live about a second after the commit; look at http://127.0.0.1:8080/ again.
      2. Commit a version whose healthcheck fails. It goes back by itself, and says why.
      3. Kill a container. It is started again in its place, which the first terminal tells."
  `)
})

it('after a rollback says why, and how to go on', () => {
  const revision = { attempted: BAD, applied: REVISION }
  const why = notReady('RolledBack', 'Went back to c0ffee1: web.1 failed.')
  expect(said({ outcome: 'rolledBack', revision, ...why })).toMatchInlineSnapshot(`
    "hello runs revision c0ffee1 again, instead of bad0bad:
      hello/web.1  healthy  pid 4242  10.89.0.2
      Went back to c0ffee1: web.1 failed.
      on alpha with crun (cgroup v2)
      1. Look at what is wrong.
      2. Fix it with a commit, or take the newest one back."
  `)
})

it('of a commit with problems shows them', () => {
  const why = notReady('InvalidRevision', 'Commit bad0bad has problems; c0ffee1 stays in force.')
  expect(said({ ...why, problems: ['hello/compose.yaml:3:5 imge: unknown key'] })).toMatchInlineSnapshot(`
    "hello has converged at revision c0ffee1:
      hello/web.1  healthy  pid 4242  10.89.0.2
      Commit bad0bad has problems; c0ffee1 stays in force.
      hello/compose.yaml:3:5 imge: unknown key
      on alpha with crun (cgroup v2)
      1. Look at what is wrong.
      2. Fix it with a commit, or take the newest one back."
  `)
})

it('of a first commit that does not work suggests no revert: it would leave nothing', () => {
  const revision = { attempted: BAD, applied: null }
  const seen = said({ outcome: 'stalled', revision, ...notReady('RolloutFailed', 'web.1 failed.') })
  expect(seen).toContain('hello stands still at revision bad0bad, which did not work')
  expect(seen).not.toContain('take the newest one back')
})
