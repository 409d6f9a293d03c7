import { expect, test } from 'vitest'
import { dependsOn } from '../../../../../controller/desired/compose/model/depends-on.ts'
import { canonical, messages } from '../canonical-support.ts'

const STARTED = { condition: 'service_started', required: true }

test.each([
  ['[db, cache]', { db: STARTED, cache: STARTED }],
  ['[]', {}],
  ['{db: {condition: service_healthy}}', { db: { condition: 'service_healthy' } }],
  ['{db: {required: "false", restart: true}}', { db: { required: false, restart: true } }],
])('%s', (written, expected) => {
  expect(canonical(dependsOn, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([
  ['db', 'must be a list or a mapping of services, as in [db], not "db"'],
  ['["db:cache"]', 'must be the name of a service, not "db:cache"'],
  ['[{db: }]', 'must be the name of a service, not a mapping'],
  ['{db: }', 'must be a mapping with a condition, as in condition: service_healthy, not nothing'],
  [
    '{db: {condition: healthy}}',
    'must be service_started, service_healthy or service_completed_successfully, not "healthy"',
  ],
])('%s is refused', (written, message) => {
  expect(messages(dependsOn, written)).toEqual([message])
})
