import { expect, test } from 'vitest'
import { service } from '../../../../../controller/desired/compose/model/service.ts'
import { canonical } from '../canonical-support.ts'
import { merged } from '../composition-support.ts'

const FIELDS = [
  'depends_on',
  'networks',
  'models',
  'security_opt',
  'group_add',
  'volumes_from',
  'external_links',
  'device_cgroup_rules',
]

test.each(FIELDS)('%s names each thing once', (field) => {
  expect(canonical(service, `${field}: [b, c, b, d, b]`).errors).toEqual([
    `f:1:${field.length + 10} ${field}[2]: "b" stands twice`,
    `f:1:${field.length + 16} ${field}[4]: "b" stands twice`,
  ])
})

test.each(['cap_add', 'cap_drop', 'links', 'dns', 'dns_search', 'expose', 'tmpfs', 'profiles'])(
  'of what stands twice in %s one is kept',
  (field) => {
    const { value, errors } = canonical(service, `${field}: [b, c, b]`)
    expect(errors).toEqual([])
    expect(value).toEqual({ [field]: ['b', 'c'] })
  },
)

test('a number is not the text that it looks like', () => {
  expect(canonical(service, 'group_add: [44, "44"]').errors).toEqual([])
})

test('over an earlier file an item may be written again', () => {
  expect(merged('{security_opt: [b, c]}', '{security_opt: [c, d]}')).toEqual({
    security_opt: ['b', 'c', 'd'],
  })
})
