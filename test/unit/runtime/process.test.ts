import { describe, expect, it } from 'vitest'
import { capabilitiesOf, DEFAULT_CAPABILITIES } from '../../../agent/runtime/confinement/capabilities.ts'
import { argvOf, environmentOf } from '../../../agent/runtime/process.ts'

describe('the command line of a container', () => {
  const image = { entrypoint: ['entry'], command: ['from', 'image'] }

  it.each([
    ['the image alone', {}, image, ['entry', 'from', 'image']],
    ['a command', { command: ['mine'] }, image, ['entry', 'mine']],
    ['an entrypoint', { entrypoint: ['other'] }, image, ['other']],
    ['both', { entrypoint: ['other'], command: ['mine'] }, image, ['other', 'mine']],
    ['an empty command', { command: [] }, image, ['entry']],
    ['an empty entrypoint', { entrypoint: [], command: ['mine'] }, image, ['mine']],
    ['an image without entrypoint', {}, { command: ['sh'] }, ['sh']],
  ])('of %s', (_, spec, config, argv) => {
    expect(argvOf(spec, config)).toEqual(argv)
  })

  it('must say something', () => {
    expect(() => argvOf({ entrypoint: [] }, image)).toThrow(/says what to run/)
  })
})

describe('the environment of a container', () => {
  it("is the image's under the spec's, with a PATH and a HOSTNAME", () => {
    const image = { environment: { PATH: '/image', A: 'image', B: 'image' } }
    expect(environmentOf({ environment: { B: 'spec', C: '' } }, image, 'web-1')).toEqual([
      'PATH=/image',
      'HOSTNAME=web-1',
      'A=image',
      'B=spec',
      'C=',
    ])
    expect(environmentOf({ environment: {} }, {}, 'web-1')[0]).toMatch(/^PATH=\/usr\/local\/sbin:.*:\/bin$/)
  })

  it.each(['', 'A=B', 'A B', 'A\nB', 'A\0B'])('has no variable named %j', (name) => {
    const build = () => environmentOf({ environment: { [name]: 'x' } }, {}, 'web-1')
    expect(build).toThrow(`${JSON.stringify(name)} is no name for an environment variable.`)
  })

  it('has no value that ends before its end', () => {
    expect(() => environmentOf({ environment: { A: 'x\0y' } }, {}, 'w')).toThrow('"A" has a zero byte')
  })
})

describe('the capabilities of a container', () => {
  const all = capabilitiesOf(['ALL'], [])

  it.each([
    ['nothing said', [], [], DEFAULT_CAPABILITIES],
    ['one added', ['net_admin'], [], [...DEFAULT_CAPABILITIES, 'CAP_NET_ADMIN'].sort()],
    ['one dropped', [], ['CAP_MKNOD'], DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_MKNOD')],
    ['all dropped', [], ['ALL'], []],
    ['all but one dropped', ['CHOWN'], ['all'], ['CAP_CHOWN']],
    ['all but one added', ['ALL'], ['SYS_ADMIN'], all.filter((name) => name !== 'CAP_SYS_ADMIN')],
    ['one in both', ['SYS_TIME'], ['SYS_TIME'], DEFAULT_CAPABILITIES],
  ])('with %s', (_, add, drop, expected) => {
    expect(capabilitiesOf(add, drop)).toEqual(expected)
  })

  it('are 14 by default and 41 in all', () => {
    expect(DEFAULT_CAPABILITIES).toHaveLength(14)
    expect(all).toHaveLength(41)
  })

  it('must be known', () => {
    expect(() => capabilitiesOf([], ['FLY'])).toThrow('FLY is not a Linux capability')
  })
})
