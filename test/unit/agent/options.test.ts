import { describe, expect, it } from 'vitest'
import { HELP, parseOptions } from '../../../agent/options.ts'

const parse = (...argv: string[]) => parseOptions(argv, {})
const base = ['--redis', 'unix:///r.sock', '--host', 'one']

describe('the agent’s command line', () => {
  it('fills in what is not said', () => {
    expect(parse(...base)).toMatchObject({
      ...{ redis: 'unix:///r.sock', state: '/var/lib/setpoint/agent', host: 'one', labels: {} },
      ...{ runtime: 'auto', logLevel: 'info', down: false, volumes: false },
    })
  })

  it('takes the state folder and Redis from the environment', () => {
    const options = parseOptions(['--host', 'one'], { SETPOINT_STATE: '/s', SETPOINT_REDIS: 'redis://r:1' })
    expect(options).toMatchObject({ state: '/s/agent', redis: 'redis://r:1' })
  })

  it('reads labels, with an = in them too', () => {
    expect(parse(...base, '--label', 'zone=a', '--label', 'eq=x=y')).toMatchObject({
      labels: { zone: 'a', eq: 'x=y' },
    })
  })

  it('reads when images are removed', () => {
    const day = 86_400_000
    expect(parse(...base)).toMatchObject({ housekeeping: { maxAge: 7 * day, diskHigh: 85, diskLow: 75 } })
    const said = parse(...base, '--image-max-age', '2d', '--disk-high', '60')
    expect(said).toMatchObject({ housekeeping: { maxAge: 2 * day, diskHigh: 60, diskLow: 60 } })
  })

  it('needs no Redis to take everything down', () => {
    expect(parse('--down', '--volumes', '--host', 'one')).toMatchObject({
      down: true,
      volumes: true,
      redis: undefined,
    })
  })

  it.each([
    [[], /--redis is missing/],
    [['--redis', 'http://x'], /no address of a Redis/],
    [[...base, '--volumes'], /only with --down/],
    [[...base, '--runtime', 'docker'], /is not one of auto, crun, runc/],
    [[...base, '--label', 'x'], /is not KEY=VALUE/],
    [[...base, '--image-max-age', 'soon'], /is no duration, as in 7d/],
    [[...base, '--disk-high', '120'], /is no number from 0 to 100/],
    [[...base, '--disk-high', '50', '--disk-low', '60'], /--disk-low 60 is above --disk-high 50/],
    [['--redis', 'unix:///r', '--host', 'Not_A_Host'], /is no host name/],
    [[...base, '--nonsense'], /nonsense/],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message)
  })

  it('tells of every flag in its help', () => {
    const flags = [
      'redis',
      'controller-key',
      'state',
      'run',
      'host',
      'label',
      'runtime',
      'storage-root',
      'storage-run',
    ]
    for (const flag of [...flags, 'auth-file', 'log-level', 'log-file', 'down', 'volumes', 'version']) {
      expect(HELP).toContain(`--${flag}`)
    }
    expect([parse('-h'), parse('--version')]).toEqual(['help', 'version'])
  })
})
