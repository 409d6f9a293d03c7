import { expect, it } from 'vitest'
import { createRefusals } from '../../../controller/queue/refusals.ts'
import type { ReportOf } from '../../../schemas/report.ts'
import { aRun } from '../../support/jobs.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const outcome = (error?: ReportOf<'outcome'>['error'], jobId = 'run-t1'): ReportOf<'outcome'> => ({
  ...{ kind: 'outcome', host: 'one', boot: 'b', sequence: 1, at: '', jobId, ok: error === undefined },
  ...(error && { error }),
})
const unknown = { code: 'JOB_REFUSED', message: 'It is not known.', hint: 'Upgrade.', final: true }

it('knows what a host refuses for good, until it takes it', () => {
  const refusals = createRefusals()
  refusals.note(outcome(unknown), NOW)
  const refusal = { code: 'JOB_REFUSED', message: 'It is not known. Upgrade.', at: NOW.toISOString() }
  expect(refusals.of('one', aRun('t1'))).toEqual(refusal)
  expect(refusals.of('two', aRun('t1'))).toBeUndefined()
  expect(refusals.of('one', aRun('t2'))).toBeUndefined()
  refusals.note(outcome(), NOW)
  expect(refusals.of('one', aRun('t1'))).toBeUndefined()
})

it('leaves out what another job for the same may do, and forgets the oldest', () => {
  const refusals = createRefusals()
  refusals.note(outcome({ code: 'JOB_REFUSED', message: 'It is older.' }), NOW)
  expect(refusals.of('one', aRun('t1'))).toBeUndefined()
  for (let count = 0; count <= 1_000; count++) refusals.note(outcome(unknown, `run-n${count}`), NOW)
  expect(refusals.of('one', aRun('n0'))).toBeUndefined()
  expect(refusals.of('one', aRun('n1000'))).toBeDefined()
})
