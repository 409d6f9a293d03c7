import { expect, it } from 'vitest'
import { areAllHeard } from '../../../controller/service/known-hosts.ts'
import { aFleet, aHost } from '../../support/builders.ts'

const known = (state: 'ready' | 'stale' | 'lost', isCurrent = true) => ({
  fleet: { observed: () => aFleet(aHost('a')), isCurrent: () => isCurrent, stateOf: () => state },
  hostKeys: { hosts: () => ['a', 'b'] },
  now: () => new Date(),
})

it.each([
  ['a host that is known by name may yet be heard', known('stale'), false],
  ['nobody has been heard for so long that it is lost', known('lost'), true],
  ['a host tells what cannot be read', known('ready'), true],
  ['the reports are still being read', known('lost', false), false],
])('what is in sight, while %s', (_, deps, wanted) => {
  expect(areAllHeard(deps)).toBe(wanted)
})
