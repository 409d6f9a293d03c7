import { expect, it } from 'vitest'
import { environmentForTools } from '../../../../schemas/common/environment.ts'

it('a tool is given all but the settings of Setpoint, and speaks English', () => {
  const own = { PATH: '/bin', LC_ALL: 'de_DE', SETPOINT_TOKEN: 'hush', SETPOINT_REDIS: 'redis://:hush@r' }
  expect(environmentForTools(own)).toEqual({ PATH: '/bin', LC_ALL: 'C' })
})
