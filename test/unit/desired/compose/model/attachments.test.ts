import { expect, test } from 'vitest'
import { attachments, modelUses } from '../../../../../controller/desired/compose/model/attachments.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['[front, back]', { front: null, back: null }],
  ['{front: , back: {aliases: [db, db, pg]}}', { front: null, back: { aliases: ['db', 'pg'] } }],
  [
    '{front: {ipv4_address: 10.1.0.5, priority: "7", driver_opts: {mtu: 1400}}}',
    { front: { ipv4_address: '10.1.0.5', priority: 7, driver_opts: { mtu: '1400' } } },
  ],
])('networks %s', (written, expected) => {
  expect(canonical(attachments, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([
  ['front', 'must be a list or a mapping of networks, as in [front, back], not "front"'],
  ['[{front: }]', 'must be the name of a network, not a mapping'],
  ['{front: {aliasses: [db]}}', 'unknown key; did you mean aliases?'],
])('networks %s are refused', (written, message) => {
  expect(messages(attachments, written)).toEqual([message])
})

test('models', () => {
  expect(canonical(modelUses, '[llm]').value).toEqual({ llm: null })
  expect(canonical(modelUses, '{llm: {endpoint_var: URL}}').value).toEqual({ llm: { endpoint_var: 'URL' } })
})
